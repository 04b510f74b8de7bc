-- A row of a comparison is a few kilobytes. PostgreSQL would compress what is over two, which takes half the time of storing one; now only rows of more than a page are.
-- The release before lives with this: it reads and writes the same rows, however they lie on disk.
ALTER TABLE "peg_comparison_results" SET (toast_tuple_target = 8160);
