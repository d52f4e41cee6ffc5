"""What repairs have in common: pieces that several rules finish their repair with."""
