"""How far the program may go alone, who says yes, and the guards that object."""
