-- An event is read by its identifiers, so they must lie in its row. A row of more than 2 kB would be cut down to that, and
-- with `main` storage the dataset is the last to be compressed: Postgres puts the identifiers out of line before. Writing,
-- reading and deleting them there costs several times what the rest of the row does. Up to this size a row stays whole;
-- in a larger one the dataset is compressed first, and is the first to go.
alter table events set (toast_tuple_target = 4000);
alter table events alter column dataset set storage extended;

-- Several times quicker than the usual compression. Not every Postgres was built with it.
do $$
begin
    alter table events alter column dataset set compression lz4;
exception when feature_not_supported then
    null;
end
$$;
