"""The same statement on Apache Spark, for populations that outgrow a machine."""
