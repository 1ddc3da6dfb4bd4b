-- Reads: nothing.
-- Makes: source_outcomes, without rows (loading.py fills it): what the rules about the sources themselves look at.

-- The outcome of each source in the run that made the snapshot.
CREATE OR REPLACE TABLE source_outcomes (
    source VARCHAR, state VARCHAR,
    refused_file VARCHAR, reason VARCHAR, refused_file_key VARCHAR,
    refusal JSON,                                                               -- of `refused_file` (quiforme/refusals.py)
    file VARCHAR, day DATE,                                                     -- of the file in use
    rows_set_aside BIGINT, first_rows_set_aside JSON, rows_set_aside_key VARCHAR, -- of the file in use
    stale_after_days BIGINT                                                      -- the source's (sources/source.py)
);
