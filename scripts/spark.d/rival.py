"""Spark's own word count, for comparison: `rival.py N FILE…`, submitted as any job of Spark's.

Capitalised words, in lower case, the N most frequent: those of `capwords | lower`, found by the
`split`, `explode` and `groupBy` of DataFrames, the fastest way that Spark has of itself.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import desc, explode, lower, split

with SparkSession.builder.appName("rival").getOrCreate() as spark:
    # Java's \W is ASCII's; (?U) makes it Unicode's.
    words = spark.read.text(sys.argv[2:]).select(explode(split("value", r"(?U)\W+")).alias("word"))
    top = (
        words.where(words.word.rlike(r"^\p{IsUppercase}"))
        .groupBy(lower("word").alias("word"))
        .count()
        .orderBy(desc("count"), desc("word"))
        .limit(int(sys.argv[1]))
    )
    for row in top.collect():
        print(row["count"], row["word"])
