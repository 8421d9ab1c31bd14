-- Operations are in the log like everything else: what was asked, how far it is, how it ended.

alter table events add column operation text collate "C";  -- its identifier: 32 hexadecimal digits
