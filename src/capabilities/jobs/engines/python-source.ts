/**
 * The Python side of a session: reads requests as JSON lines on standard input, answers as JSON lines on descriptor 3.
 * The value of a last expression is shown, as in Python's own prompt; `%sql` statements go to Spark.
 */
export const interpreterSource = `
import ast, io, json, os, sys, traceback
from contextlib import redirect_stdout

answers = os.fdopen(3, "w", buffering=1, encoding="utf-8")
requests = sys.stdin
sys.stdin = io.StringIO("")

def answer(document):
    answers.write(json.dumps(document, default=str) + "\\n")
    answers.flush()

class MissingSpark:
    def __getattr__(self, name):
        raise RuntimeError("Spark is not installed here: pip install pyspark in the .venv of the platform's folder.")

scope = {"__name__": "__main__", "__builtins__": __builtins__}
facts = {}
try:
    if os.environ.get("SPARK_HOME"):
        from pyspark.sql import SparkSession
        spark = SparkSession.builder.getOrCreate()
        scope.update(spark=spark, sc=spark.sparkContext, sqlContext=spark)
        facts = {"appId": spark.sparkContext.applicationId, "uiUrl": spark.sparkContext.uiWebUrl}
    else:
        scope.update(spark=MissingSpark(), sc=MissingSpark())
    answer({"ready": True, **facts})
except Exception as error:
    answer({"ready": False, "reason": "%s: %s" % (type(error).__name__, error)})
    sys.exit(1)

def run_python(code):
    tree = ast.parse(code, "<statement>", "exec")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<statement>", "exec"), scope)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "<statement>", "eval"), scope)

def run_sql(code):
    frame = scope["spark"].sql(code)
    rows = frame.limit(1000).collect()
    return {"application/json": {"schema": json.loads(frame.schema.json()), "data": [list(row) for row in rows]}}

def run(request):
    shown = io.StringIO()
    data = {}
    with redirect_stdout(shown):
        if request["kind"] == "sql":
            data = run_sql(request["code"])
        else:
            value = run_python(request["code"])
            if value is not None:
                print(repr(value))
    return data or {"text/plain": shown.getvalue().rstrip("\\n")}

def complete(code, cursor):
    import rlcompleter
    word = ""
    for letter in reversed(code[:cursor]):
        if not (letter.isalnum() or letter in "_."):
            break
        word = letter + word
    completer = rlcompleter.Completer(scope)
    found = []
    while len(found) < 100:
        match = completer.complete(word, len(found))
        if match is None:
            break
        found.append(match)
    return found

while True:
    try:
        line = requests.readline()
    except KeyboardInterrupt:
        continue
    if not line:
        break
    request = json.loads(line)
    try:
        if "cursor" in request:
            answer({"candidates": complete(request["code"], request["cursor"])})
        else:
            answer({"ok": run(request)})
    except BaseException as error:
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        answer({"error": {"ename": type(error).__name__, "evalue": str(error), "traceback": lines}})
        if isinstance(error, SystemExit):
            break
`;
