-- One refresh runs at a time, so it may have more memory than each of many sessions. With less, a new price for a
-- million calls joins what stands and what is computed through files.
alter function ops.refresh(text, bigint) set hash_mem_multiplier = 8;
