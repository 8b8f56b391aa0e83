"""The safety file's pages, made from rule files, hazard log and tests, and held against them."""
