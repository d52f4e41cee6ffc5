-- A change of severity is read from its line's key, no longer from the line's words. Lines of before get such a key.
update outage.entry
   set key = 'severity/' || split_part(says, ' ', 1) || '/' || rtrim(split_part(says, ' ', 3), ':') || '/' || key
 where kind = 'severity'
   and key not like 'severity/%'
   and says ~ '^(P0|P1|P2|none) → (P0|P1|P2|none): ';
