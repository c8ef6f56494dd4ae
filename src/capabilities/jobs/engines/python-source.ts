/**
 * The Python side of a session: reads requests as JSON lines on standard input, answers as JSON lines on descriptor 3.
 * The value of a last expression is shown, as in Python's own prompt; SQL statements go to Spark; `%json`, `%table` and
 * `%matplot` show a variable as Livy's do.
 *
 * Limit: a statement shows the first 1 MiB of its output; rows and values of more than 8 MiB are refused.
 */
export const answerCharsMax = 16 * 2 ** 20;

export const interpreterSource = `
import ast, base64, datetime, decimal, io, json, math, os, signal, sys, threading, traceback
from contextlib import redirect_stdout

shown_max = 2 ** 20
data_max = 8 * 2 ** 20
os.set_inheritable(3, False)
answers = os.fdopen(3, "w", buffering=1, encoding="utf-8")
requests = sys.stdin
sys.stdin = io.StringIO("")

class Shown(io.StringIO):
    lost = 0

    def write(self, text):
        room = max(0, shown_max - self.tell())
        self.lost += max(0, len(text) - room)
        super().write(text[:room])
        return len(text)

    def text(self):
        kept = self.getvalue().rstrip("\\n")
        return kept if self.lost == 0 else "%s\\n[%d characters of output were left out here]" % (kept, self.lost)

# JSON has no word for these numbers.
def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value

def encode(document):
    return json.dumps(plain(document), default=str)

def answer(text):
    answers.write(text + "\\n")
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
    # A request to interrupt that comes when no statement runs means nothing.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer(encode({"ready": True, **facts}))
except Exception as error:
    answer(encode({"ready": False, "reason": "%s: %s" % (type(error).__name__, error)}))
    sys.exit(1)

def cancel_jobs():
    try:
        scope["spark"].sparkContext.cancelAllJobs()
    except Exception:
        pass

# Spark's own handler talks to the JVM on the connection that waits for it, and breaks both. The jobs are cancelled from
# another thread, and a call into the JVM ends by that; other code is interrupted where it stands.
def interrupt(number, frame):
    if facts:
        threading.Thread(target=cancel_jobs, daemon=True).start()
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("py4j."):
            return
        frame = frame.f_back
    raise KeyboardInterrupt

table_types = [
    (bool, "BOOLEAN_TYPE"), (int, "BIGINT_TYPE"), (float, "DOUBLE_TYPE"), (str, "STRING_TYPE"),
    (datetime.datetime, "TIMESTAMP_TYPE"), (datetime.date, "DATE_TYPE"), (decimal.Decimal, "DECIMAL_TYPE"),
    (type(None), "NULL_TYPE"), (dict, "MAP_TYPE"), ((list, tuple), "ARRAY_TYPE"),
]

def table_of(value):
    kinds = {}
    rows = []
    for row in value if isinstance(value, (list, tuple)) else [value]:
        if hasattr(row, "asDict"):
            row = row.asDict()
        cells = row if isinstance(row, dict) else dict(enumerate(row if isinstance(row, (list, tuple)) else [row]))
        for name, cell in cells.items():
            kind = next((kind for kinds_of, kind in table_types if isinstance(cell, kinds_of)), "STRING_TYPE")
            if kinds.setdefault(name, kind) == "NULL_TYPE":
                kinds[name] = kind
            elif kind not in (kinds[name], "NULL_TYPE"):
                raise TypeError("column %s holds both %s and %s" % (name, kinds[name], kind))
        rows.append(cells)
    headers = [{"name": str(name), "type": kind} for name, kind in kinds.items()]
    return {"headers": headers, "data": [[cells.get(name) for name in kinds] for cells in rows]}

def image_of(pyplot):
    image = io.BytesIO()
    pyplot.savefig(image, format="png")
    pyplot.clf()
    return base64.b64encode(image.getvalue()).decode("ascii")

magics = {
    "%json": ("application/json", lambda value: value),
    "%table": ("application/vnd.livy.table.v1+json", table_of),
    "%matplot": ("image/png", image_of),
}

def run_magic(line):
    word, _, name = line.partition(" ")
    if word not in magics:
        raise ValueError("unknown magic command %r; known are %s" % (word, ", ".join(magics)))
    kind, show = magics[word]
    return {kind: show(eval(name.strip(), scope))}

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
    if request["kind"] == "sql":
        return run_sql(request["code"])
    shown = Shown()
    lines = request["code"].rstrip().split("\\n")
    magic = lines.pop().strip() if lines[-1].startswith("%") else None
    with redirect_stdout(shown):
        value = run_python("\\n".join(lines))
        if magic is not None:
            return run_magic(magic)
        if value is not None:
            print(repr(value))
    return {"text/plain": shown.text()}

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

def describe(error):
    trace = error.__traceback__
    # The first frames are of this program; a statement that is no Python has none of its own.
    while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, ast.__file__):
        trace = trace.tb_next
    try:
        text = str(error)
    except BaseException:
        text = "<unprintable %s>" % type(error).__name__
    lines = traceback.format_exception(type(error), error, trace)
    return {"ename": type(error).__name__, "evalue": text[:shown_max], "traceback": [line[:shown_max] for line in lines]}

def carry_out(request):
    try:
        signal.signal(signal.SIGINT, interrupt)
        try:
            data = complete(request["code"], request["cursor"]) if "cursor" in request else run(request)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        text = encode({"candidates": data} if "cursor" in request else {"ok": data})
        if len(text) > data_max:
            raise ValueError("the result has %d characters, and at most %d are shown" % (len(text), data_max))
        return text
    except BaseException as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return encode({"error": describe(error)})

for line in iter(requests.readline, ""):
    answer(carry_out(json.loads(line)))
`;
