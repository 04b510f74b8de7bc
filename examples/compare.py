# Stores an analysis, waits for its comparison and prints it. Needs Python 3.8 or newer, and no packages:
#   PEG_TOKEN=... python3 examples/compare.py
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

URL = os.environ.get("PEG_URL", "http://127.0.0.1:3000").rstrip("/")
HEADERS = {"Authorization": "Bearer " + os.environ.get("PEG_TOKEN", ""), "Content-Type": "application/json"}
MAX_ATTEMPTS, LONGEST_WAIT_S = 5, 60


def call(path, data=None):
    """Sends a request, and again where the server asks to wait. An error answer ends the program."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            return urllib.request.urlopen(urllib.request.Request(URL + path, data, HEADERS), timeout=60)
        except urllib.error.HTTPError as answer:
            # What could not be answered may be stored all the same: under an id of ours it is then found.
            if answer.code == 409 and data is not None and attempt > 1:
                return answer
            wait = answer.headers.get("Retry-After", "")
            may_pass = answer.code in (429, 503) and wait.isdigit() and int(wait) <= LONGEST_WAIT_S
            if not may_pass or attempt == MAX_ATTEMPTS:
                body = answer.read()
                fail(json.loads(body)["error"] if body.startswith(b"{") else {"code": f"HTTP {answer.code}"})
            time.sleep(int(wait))
        except urllib.error.URLError as error:
            fail({"code": "ERROR", "message": str(error.reason)})


def fail(error):
    print(f"{error['code']}: {error.get('message', '')}", file=sys.stderr)
    for detail in error.get("details", []):
        print(f"  {detail['path']}: {detail['message']}", file=sys.stderr)
    sys.exit(1)


def watch(events):
    """Reads a task's states as they come, until it has ended. A stream that breaks off is opened again."""
    while True:
        try:
            for line in call(events):
                state = json.loads(line[len(b"data: "):]) if line.startswith(b"data: ") else {}
                if state.get("status") == "COMPLETED":
                    return
                if state.get("success") is False and state["error"]["code"] == "SERVICE_UNAVAILABLE":
                    break
                if "error" in state:
                    fail(state["error"])
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(1)


analysis = json.loads(Path(__file__).with_name("analysis.json").read_text("utf-8"))
analysis["id"] = str(uuid.uuid4())
call("/api/analysis/results", json.dumps(analysis).encode())
comparison = "/api/analysis/results/" + analysis["id"] + "/peg-comparison"
answer = call(comparison + "?async=true")
if answer.status == 202:
    watch(answer.headers["Location"].replace("/status?", "/events?"))
    answer = call(comparison)

data = json.load(answer)["data"]
for peg in data["peg_comparison_results"]:
    before, after, change = peg["n1_period"]["avg"], peg["n_period"]["avg"], peg["comparison"]
    print(f"{peg['peg_name']:<20} {before:8.2f} -> {after:8.2f}  {change['change_percent']:+7.1f} %  "
          f"{change['trend']:<6}  {change['significance']}")
print("Overall {overall_trend}: {improved} improved, {declined} declined, {stable} stable".format(**data["summary"]))
