-- Workitems are in the log like everything else; their events have no sequence, so the change feed knows nothing of them.

alter table events add column workitem text collate "C";  -- its SOP Instance UID
