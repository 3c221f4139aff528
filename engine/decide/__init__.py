"""The law: R1 to R6 and R10 as tier tables, and what reads them. Pure: data in, data out."""
