/**
 * The part of Glue's Python library (`awsglue`) that scripts use beside Spark itself: arguments, the context with its session
 * and logger, the job object, a DynamicFrame as a shell around a DataFrame. Scripts that only pass through it run
 * unchanged; what it has not is refused where a script calls it, by name.
 *
 * Differs from AWS: reading, writing and transforming DynamicFrames is refused by name; use Spark's DataFrames.
 */
const utils = `
import sys

class GlueArgumentError(Exception):
    pass

_reserved = ("JOB_NAME", "JOB_ID", "JOB_RUN_ID", "TempDir", "SECURITY_CONFIGURATION", "job_bookmark_option",
             "job_bookmark_from", "job_bookmark_to", "WORKFLOW_NAME", "WORKFLOW_RUN_ID")

def getResolvedOptions(args, options):
    given = {}
    words = iter(args)
    for word in words:
        if not word.startswith("--"):
            continue
        name, mark, value = word[2:].partition("=")
        if not mark:
            value = next(words, None)
            if value is None:
                raise GlueArgumentError("argument --%s: expected one argument" % name)
        given[name.replace("-", "_")] = value
    wanted = [option.replace("-", "_") for option in options]
    missing = ["--" + name for name in wanted if name not in given]
    if missing:
        raise GlueArgumentError("the following arguments are required: %s" % ", ".join(missing))
    kept = [name for name in _reserved if name in given]
    return {name: given[name] for name in [*wanted, *kept]}
`;

const refusals = `
class Refused:
    def __init__(self, name):
        self._name = name

    def __getattr__(self, member):
        if member.startswith("__"):
            raise AttributeError(member)
        return Refused("%s.%s" % (self._name, member))

    def __call__(self, *args, **options):
        raise NotImplementedError("%s is not served here: use Spark's DataFrames." % self._name)
`;

const context = `
import logging, sys
from pyspark import SparkContext
from pyspark.sql import SparkSession
from awsglue.refusals import Refused

class GlueContext:
    def __init__(self, sparkContext=None, **options):
        self.sc = sparkContext if sparkContext is not None else SparkContext.getOrCreate()
        self.spark_session = SparkSession.builder.getOrCreate()

    @property
    def spark_context(self):
        return self.sc

    def getSparkSession(self):
        return self.spark_session

    def sql(self, query):
        return self.spark_session.sql(query)

    def get_logger(self):
        logger = logging.getLogger("glue")
        if not logger.handlers:
            logger.addHandler(logging.StreamHandler(sys.stderr))
            logger.setLevel(logging.INFO)
        logger.warn = logger.warning
        return logger

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Refused("GlueContext.%s" % name)
`;

const dynamicFrame = `
from awsglue.refusals import Refused

class DynamicFrame:
    def __init__(self, frame, glue_ctx=None, name=""):
        self._frame = frame
        self.glue_ctx = glue_ctx
        self.name = name

    @classmethod
    def fromDF(cls, dataframe, glue_ctx, name=""):
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options=None):
        return self._frame

    def count(self):
        return self._frame.count()

    def show(self, num_rows=20):
        self._frame.show(num_rows)

    def printSchema(self):
        self._frame.printSchema()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Refused("DynamicFrame.%s" % name)
`;

const job = `
class Job:
    def __init__(self, glue_context):
        self._is_initialized = False

    def init(self, job_name, args=None):
        self._is_initialized = True

    def isInitialized(self):
        return self._is_initialized

    def commit(self):
        if not self._is_initialized:
            raise RuntimeError("Job.commit was called before Job.init.")
`;

const transforms = `
from awsglue.refusals import Refused

__all__ = ["ApplyMapping", "DropFields", "DropNullFields", "ErrorsAsDynamicFrame", "EvaluateDataQuality", "FillMissingValues",
           "Filter", "FindIncrementalMatches", "FindMatches", "FlatMap", "Join", "Map", "MapToCollection", "Relationalize",
           "RenameField", "ResolveChoice", "SelectFields", "SelectFromCollection", "Spigot", "SplitFields", "SplitRows",
           "Unbox", "UnnestFrame"]
globals().update({name: Refused(name) for name in __all__})
`;

/** Text of each file of the package, by its name. */
export const glueLibrary: Readonly<Record<string, string>> = {
  '__init__.py': '',
  'utils.py': utils,
  'refusals.py': refusals,
  'context.py': context,
  'dynamicframe.py': dynamicFrame,
  'job.py': job,
  'transforms.py': transforms,
};
