"""Runs handlers of python3.* functions: speaks the open Lambda Runtime API (Lambda Developer Guide, "Using the Lambda
runtime API") with the process that started it. Needs nothing but Python's own library."""

import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

VERSION = "/2018-06-01/runtime"


class Channel:
    """One connection that is kept open."""

    def __init__(self, address):
        authority, _, prefix = address.partition("/")
        self.connection = http.client.HTTPConnection(authority)
        self.base = ("/" + prefix if prefix else "") + VERSION

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, self.base + path, body, headers or {})
        answer = self.connection.getresponse()
        return answer.headers, answer.read()


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Namespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = client_context(headers.get("Lambda-Runtime-Client-Context"))
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Namespace:
    def __init__(self, **members):
        self.__dict__.update(members)


def client_context(text):
    if text is None:
        return None
    told = json.loads(text)
    return Namespace(custom=told.get("custom"), env=told.get("env"), client=told.get("client"))


class Request:
    """What log records are marked with."""

    id = None


class RecordFormat(logging.Formatter):
    """One event of the log; line feeds within it travel as carriage returns."""

    converter = time.gmtime

    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record):
        record.aws_request_id = Request.id
        return super().format(record).replace("\n", "\r")


class JsonFormat(logging.Formatter):
    """One event of a log of JSON; what the code adds to a record comes along."""

    usual = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    def format(self, record):
        told = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": Request.id,
        }
        told.update({name: value for name, value in vars(record).items() if name not in self.usual})
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            frames = [frame.rstrip("\n") for frame in traceback.format_tb(trace)]
            told.update(errorType=kind.__name__, errorMessage=str(error), stackTrace=frames)
            told["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        return json.dumps({name: value for name, value in told.items() if value is not None}, default=str)


def is_json_log():
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"


def to_json(value):
    return json.dumps(value, ensure_ascii=False, default=encode_decimal).encode("utf-8", "surrogatepass")


def encode_decimal(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")


class RuntimeFault(Exception):
    """A fault that Lambda names itself."""

    def __init__(self, kind, message, stack=()):
        super().__init__(message)
        self.kind = kind
        self.stack = list(stack)


def describe(error):
    if isinstance(error, RuntimeFault):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": Request.id or "", "stackTrace": error.stack}
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": Request.id or "",
        "stackTrace": user_frames(error),
    }


def user_frames(error):
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")]
    return traceback.format_list(own)


def say_error(error):
    told = describe(error)
    if is_json_log():
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        sys.stdout.write(json.dumps({"timestamp": now, "level": "ERROR", **told}) + "\n")
        return
    lines = [f"[ERROR] {told['errorType']}: {told['errorMessage']}", "Traceback (most recent call last):"]
    sys.stdout.write("\r".join(lines + [frame.rstrip("\n").replace("\n", "\r") for frame in told["stackTrace"]]) + "\n")


def end_output(mark):
    """Tells that everything said so far belongs to this invocation."""
    sys.stderr.flush()
    if mark:
        sys.stdout.write(f"\0{mark} {Request.id}\n")
    sys.stdout.flush()


def load_handler(text):
    module_name, dot, name = text.rpartition(".")
    if not dot or not module_name:
        raise RuntimeFault("Runtime.MalformedHandlerName", f"Bad handler '{text}': not enough values to unpack (expected 2, got 1)")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise RuntimeFault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        frame = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n'
        raise RuntimeFault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [frame]) from error
    if not hasattr(module, name):
        raise RuntimeFault("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
    return getattr(module, name)


def handle(handler, headers, body):
    """Returns where the answer goes and what it says."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise RuntimeFault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error
    value = handler(event, Context(headers))
    try:
        return to_json(value)
    except (TypeError, ValueError) as error:
        raise RuntimeFault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def main():
    channel = Channel(os.environ.pop("MILLPOND_RUNTIME_API"))
    mark = os.environ.pop("MILLPOND_LOG_MARK", "")
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    sys.stderr = sys.stdout
    records = logging.StreamHandler(sys.stdout)
    records.setFormatter(JsonFormat() if is_json_log() else RecordFormat())
    logging.getLogger().addHandler(records)
    if is_json_log():
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.getLogger().setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL", "WARN": "WARNING"}.get(level, level))
    unhandled = {"Lambda-Runtime-Function-Error-Type": "Unhandled"}
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except BaseException as error:
        say_error(error)
        end_output(mark)
        channel.call("POST", "/init/error", to_json(describe(error)), unhandled)
        sys.exit(1)
    while True:
        headers, body = channel.call("GET", "/invocation/next")
        Request.id = headers["Lambda-Runtime-Aws-Request-Id"]
        if "Lambda-Runtime-Trace-Id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        path = f"/invocation/{Request.id}/"
        try:
            answer = handle(handler, headers, body)
        except Exception as error:
            say_error(error)
            end_output(mark)
            channel.call("POST", path + "error", to_json(describe(error)), unhandled)
        else:
            end_output(mark)
            channel.call("POST", path + "response", answer, {"Content-Type": "application/json"})


try:
    main()
except (ConnectionError, http.client.HTTPException):
    # The platform has gone.
    os._exit(0)
