/**
 * Every text of the command line, by the English one that stands where it is said. Values go where both name them:
 * `{name}`. The last parts are texts that are put together elsewhere, and found again by their form.
 */
export const KOREAN = {
  // Help
  "Compares KPI counters of mobile networks over two periods: before a change and after it.":
    "이동통신망의 KPI 카운터를 변경 전과 변경 후의 두 기간에 걸쳐 비교합니다.",
  "(peg-bff --help tells more)": "(자세한 내용은 peg-bff --help를 참고하십시오)",
  "output the version number": "버전 번호를 출력합니다",
  "display help for command": "명령의 도움말을 표시합니다",
  "Usage:": "사용법:",
  "Arguments:": "인자:",
  "Options:": "옵션:",
  "Commands:": "명령:",
  "[options]": "[옵션]",
  "[command]": "[명령]",
  choices: "선택",
  default: "기본값",

  // Commands
  "serve the API (settings: see README)": "API를 제공합니다(설정은 README 참고)",
  "compute long comparisons apart from the servers (run as many as you like; needs DATABASE_URL)":
    "오래 걸리는 비교분석을 서버와 별도로 처리합니다(원하는 수만큼 실행 가능, DATABASE_URL 필요)",
  "bring the database up to date, and leave": "데이터베이스 스키마를 최신으로 갱신하고 끝냅니다",
  "run the bundled analysis service alone (MCP_TOKEN, where set, is asked of callers)":
    "내장 분석 서비스만 실행합니다(MCP_TOKEN을 설정하면 호출자에게 이 토큰을 요구)",
  "address to listen on": "수신할 주소",
  "port to listen on; 0 picks a free one": "수신할 포트, 0이면 비어 있는 포트를 고릅니다",
  "print a token, for development": "개발용 토큰을 출력합니다",
  "whom the token speaks for": "토큰이 나타내는 사용자",
  "how long it is valid, like 30m, 1h or 7d; 366 days at most": "유효 기간, 예: 30m, 1h, 7d. 최대 366일",
  "peg:admin for an operator, who may act on every analysis": "모든 분석을 다룰 수 있는 운영자는 peg:admin",
  "store an analysis from a file: JSON or CSV (timestamp, cell_id, a column for each KPI), gzipped or not":
    "파일의 분석을 저장합니다. JSON 또는 CSV(timestamp, cell_id, KPI마다 한 열), gzip 압축 가능",
  "its id; else that in the file, else a new one": "분석 ID, 없으면 파일의 ID, 그것도 없으면 새 ID",
  "its name; else that in the file": "분석 이름, 없으면 파일의 이름",
  "check the file, and store nothing": "파일을 검사만 하고 저장하지 않습니다",
  "compare the two periods of an analysis: a table on a terminal, JSON in a pipe":
    "분석의 두 기간을 비교합니다. 터미널에는 표로, 파이프에는 JSON으로 출력합니다",
  "the analysis": "분석 ID",
  "start a task and watch it: a progress bar on a terminal; for comparisons that take long":
    "작업을 시작하고 지켜봅니다. 터미널에는 진행률 막대를 표시합니다(오래 걸리는 비교분석용)",
  "JSON on a terminal too": "터미널에도 JSON으로 출력합니다",
  "give a user a permission on an analysis": "사용자에게 분석에 대한 권한을 부여합니다",
  "take a permission on an analysis away from a user": "사용자의 분석에 대한 권한을 회수합니다",
  "the user, as in the token's sub": "사용자, 토큰의 sub 값",
  "write includes read, admin includes both": "write는 read를, admin은 둘 다를 포함합니다",
  "when it ends, like 2024-01-15T10:35:00Z": "만료 시각, 예: 2024-01-15T10:35:00Z",
  "show who did what to an analysis, newest first: a table on a terminal, JSON in a pipe":
    "누가 분석에 무엇을 했는지 최신순으로 표시합니다. 터미널에는 표로, 파이프에는 JSON으로 출력합니다",
  "the analysis, which may be deleted": "분석 ID, 삭제된 분석도 가능",
  "seal all stored data with the first of ENCRYPTION_KEYS; may be stopped, and run again":
    "저장된 모든 데이터를 ENCRYPTION_KEYS의 첫 번째 키로 다시 암호화합니다. 중단했다가 다시 실행할 수 있습니다",
  "write all data to a file, as of one moment, and restore it once to compare; servers may run on":
    "모든 데이터를 한 시점 기준으로 파일에 저장하고, 한 번 복원하여 비교합니다. 서버는 계속 실행해도 됩니다",
  "an empty PostgreSQL database to restore into; else an embedded one in the temporary folder":
    "비교를 위해 복원할 빈 PostgreSQL 데이터베이스, 없으면 임시 폴더의 내장 데이터베이스",
  "take along single values that no key opens": "어떤 키로도 복호화할 수 없는 개별 값을 그대로 포함합니다",
  "take along as it is what no key at hand opens, all that a lost key sealed for instance":
    "있는 키로 복호화할 수 없는 값을 그대로 포함합니다. 예: 잃어버린 키로 암호화된 모든 값",
  "put a backup into the database of the settings: all of it, or nothing":
    "설정된 데이터베이스에 백업을 복원합니다. 전부 복원하거나 아무것도 바꾸지 않습니다",
  "lose what the database holds": "데이터베이스의 기존 데이터를 버립니다",
  "only count what other keys sealed": "다른 키로 암호화된 레코드의 수만 셉니다",
  "the whole way on embedded parts: store, compare, show; then serve until you stop it":
    "내장 구성만으로 저장, 비교, 표시까지 전체 과정을 실행한 뒤 중지할 때까지 API를 제공합니다",
  "a real analysis instead of a simulated one: JSON or CSV, gzipped or not":
    "시뮬레이션한 데이터 대신 사용할 실제 분석 파일. JSON 또는 CSV, gzip 압축 가능",
  "leave after printing": "출력한 뒤 끝냅니다",
  "the server to ask; else the one running on DATA_DIR, else one just for this command":
    "요청할 서버, 없으면 DATA_DIR에서 실행 중인 서버, 그것도 없으면 이 명령을 위한 임시 서버",
  "your token (or PEG_TOKEN); else an operator's, where the secret is at hand":
    "사용자 토큰(또는 PEG_TOKEN), 없으면 비밀 값이 있는 곳에서 운영자 토큰을 만듭니다",
  "whom the operator's token names": "운영자 토큰에 넣을 사용자",
  "of a CSV file: the period before the change, both ends included; an end without a time is that of its day, in UTC":
    "CSV 파일에서 변경 전 기간, 양 끝 포함. 끝에 시각이 없으면 그날(UTC)의 끝까지",
  "of a CSV file: the period after it": "CSV 파일에서 변경 후 기간",
  "JSON with peg_definitions (weights, directions, formulas) and the time_zone of the cells":
    "peg_definitions(가중치, 방향, 수식)와 셀의 time_zone이 있는 JSON",

  // Results
  "The database is up to date.": "데이터베이스 스키마가 최신입니다.",
  "The analysis service listens on {url}": "분석 서비스 주소: {url}",
  "{user} has {permission} on {id}.": "사용자 {user}, 분석 {id}: {permission} 권한이 있습니다.",
  "{user} has {permission} on {id} until {end}.":
    "사용자 {user}, 분석 {id}: {end}까지 {permission} 권한이 있습니다.",
  "{user} no longer has {permission} on {id}.": "사용자 {user}, 분석 {id}: {permission} 권한을 회수했습니다.",
  "{user} had no {permission} on {id}.": "사용자 {user}, 분석 {id}: {permission} 권한이 없었습니다.",
  "Nothing was ever done to {id}.": "분석 {id}에 대한 기록이 없습니다.",
  "{file} fits: {rows}. Nothing was stored.":
    "{file} 파일에 문제가 없습니다({rows}). 아무것도 저장하지 않았습니다.",
  "Stored {id}: {rows} of {pegs} in {cells}.": "분석 {id}을(를) 저장했습니다({pegs}, {cells}, {rows}).",
  "Compare its periods with: peg-bff compare {id}": "두 기간을 비교하려면: peg-bff compare {id}",
  "{left} records left": "레코드 {left}개 남음",
  "{done} records sealed with key {key}, {left} left":
    "레코드 {done}개를 키 {key}(으)로 암호화했습니다. 남은 레코드 {left}개",
  "{file} was restored once and holds the same. To open it takes: {keys}":
    "{file} 파일을 한 번 복원하여 내용이 같음을 확인했습니다. 여는 데 필요한 키: {keys}",
  "no key": "없음",
  "{count} values that do not open were taken along as they are. Keys that are missing: {keys}":
    "복호화할 수 없는 값 {count}개를 그대로 포함했습니다. 없는 키: {keys}",
  "Restored as of {time}. Tasks that begin anew: {requeued}":
    "{time} 시점으로 복원했습니다. 다시 시작하는 작업: {requeued}개",
  "The two periods overlap: what lies in both counts in both. Both ends belong to a period.":
    "두 기간이 겹칩니다. 겹치는 값은 양쪽에 모두 들어갑니다. 기간은 시작과 끝 시각을 모두 포함합니다.",
  "{lines} lines, {outside} outside of both periods, {missing} missing values":
    "{lines}줄, 두 기간 밖 {outside}줄, 누락된 값 {missing}개",
  "{count} row": "행 {count}개",
  "{count} rows": "행 {count}개",
  "{count} PEG": "PEG {count}개",
  "{count} PEGs": "PEG {count}개",
  "{count} cell": "셀 {count}개",
  "{count} cells": "셀 {count}개",
  "{count} more PEG": "그 밖에 PEG {count}개",
  "{count} more PEGs": "그 밖에 PEG {count}개",

  // Tables
  PEG: "PEG",
  "N-1": "N-1",
  N: "N",
  Weight: "가중치",
  Change: "변화율",
  Trend: "추세",
  Significance: "변화 크기",
  up: "상승",
  down: "하락",
  stable: "유지",
  high: "높음",
  medium: "중간",
  low: "낮음",
  "zero baseline": "기준값 0",
  Verdict: "판정",
  "95 % interval": "95% 구간",
  "{low} to {high} %": "{low} ~ {high}%",
  improved: "개선",
  declined: "저하",
  "minor change": "미미한 변화",
  "cannot tell": "판단 불가",
  changed: "변화 있음",
  unchanged: "변화 없음",
  Judge: "판정",
  "Comparison of {id}": "{id} 비교분석 결과",
  "{start} to {end} UTC": "{start} ~ {end} UTC",
  Summary: "요약",
  Overall: "종합",
  Better: "기준",
  Skipped: "제외",
  Answer: "응답",
  "{improved} improved": "개선 {improved}",
  "{declined} declined": "저하 {declined}",
  "{stable} stable": "유지 {stable}",
  improving: "개선",
  declining: "저하",
  "{trend}, weighted change {change} (better is positive)": "{trend}, 가중 평균 변화율 {change}(양수가 개선)",
  "is up; down where a PEG is lower_is_better; neutral ones count as stable":
    "상승이 개선, lower_is_better인 PEG는 하락이 개선, neutral인 PEG는 유지로 집계",
  "cached: {cached}, computed in {seconds} s by {version}":
    "캐시: {cached}, 처리 시간 {seconds}초, 알고리즘 {version}",
  true: "예",
  false: "아니요",
  When: "시각",
  Who: "사용자",
  What: "내용",
  Details: "세부 정보",
  Request: "요청 ID",
  create: "생성",
  replace: "교체",
  delete: "삭제",
  grant: "권한 부여",
  revoke: "권한 회수",
  rotate: "키 교체",
  recompute: "재계산",

  // Progress
  read: "읽음",
  pending: "대기 중",
  processing: "처리 중",
  "processing, about {seconds} s left": "처리 중, 약 {seconds}초 남음",
  "reading the database": "데이터베이스 읽는 중",
  "checking the file": "파일 검사 중",
  restoring: "복원 중",
  completed: "완료",
  failed: "실패",

  // Demo
  "simulating two weeks of a small network": "작은 통신망의 2주치 데이터를 시뮬레이션합니다",
  "reading {file}": "{file} 파일을 읽습니다",
  "starting the embedded database and the analysis service": "내장 데이터베이스와 분석 서비스를 시작합니다",
  "storing {rows} as an analysis": "{rows}를 분석으로 저장합니다",
  "comparing N-1 with N": "N-1과 N을 비교합니다",
  "asking again": "다시 요청합니다",
  "The same as a page, whose link signs you in:": "같은 결과를 보여 주는 페이지(링크로 바로 로그인됩니다):",
  "Injected beside found": "주입한 변화와 찾은 변화",
  "The first answer was cached; the second one came with cached: {cached}.":
    "첫 번째 응답의 캐시 여부: 예, 두 번째 응답: {cached}.",
  "The first answer was not cached; the second one came with cached: {cached}.":
    "첫 번째 응답의 캐시 여부: 아니요, 두 번째 응답: {cached}.",
  "Analysis {id} holds {rows} of {pegs} in {cells}.": "분석 {id}: {pegs}, {cells}, {rows}.",
  "The API listens on {url} until you press Ctrl-C. Your token:":
    "API 주소는 {url}이며, Ctrl-C를 누를 때까지 제공됩니다. 토큰:",
  "The comparison is {status}.": "비교분석 상태: {status}.",
  Injected: "주입",
  Found: "결과",
  "5 % rule": "5% 규칙",
  right: "맞음",
  wrong: "틀림",
  "{right} right, {wrong} wrong, {open} not told": "맞음 {right}, 틀림 {wrong}, 판단 불가 {open}",
  "What was done": "변경 내용",
  "no samples in N": "N에 표본 없음",
  skipped: "제외됨",
  "not skipped": "제외되지 않음",
  "not found": "없음",
  "new carrier": "캐리어 추가",
  untouched: "변경 없음",
  "retuned handover": "핸드오버 재조정",
  "hardly touched": "거의 변경 없음",
  "longer backhaul": "백홀 연장",
  "tilted antennas; a rise towards 0": "안테나 틸트 조정, 0 쪽으로 상승",
  "neither good nor bad": "좋지도 나쁘지도 않음",
  traffic: "트래픽",
  "probe switched off": "측정기 꺼짐",
  "traffic and more success": "트래픽과 성공률 증가",
  "derived: RACH_Success / RACH_Attempt": "파생: RACH_Success / RACH_Attempt",

  // What keeps a command from its work
  "Give the address of a server, like http://127.0.0.1:3000.":
    "http://127.0.0.1:3000과 같은 서버 주소를 지정하십시오.",
  "A port is a number from 0 to 65535.": "포트는 0~65535의 숫자입니다.",
  "--url needs your token: give --token, or set PEG_TOKEN":
    "--url에는 사용자 토큰이 필요합니다. --token으로 지정하거나 PEG_TOKEN을 설정하십시오",
  "The server of this command did not start.": "이 명령을 위한 서버가 시작되지 않았습니다.",
  "The server of this command did not start in time.":
    "이 명령을 위한 서버가 제한 시간 안에 시작되지 않았습니다.",
  "A worker needs DATABASE_URL: the embedded database belongs to the server, which computes by itself.":
    "워커에는 DATABASE_URL이 필요합니다. 내장 데이터베이스는 서버에 속하며, 서버가 직접 계산합니다.",
  "Tokens are signed by your identity provider here. Ask it for one, and give it to commands with --token or PEG_TOKEN; or set JWT_SECRET instead, for development.":
    "여기서는 인증 제공자가 토큰에 서명합니다. 토큰을 발급받아 --token 또는 PEG_TOKEN으로 명령에 전달하십시오. 개발용이라면 대신 JWT_SECRET을 설정하십시오.",
  "--expires {span}: give a number and a unit, like 30m, 1h or 7d":
    "--expires {span}: 30m, 1h, 7d와 같이 숫자와 단위를 지정하십시오",
  "--expires {span}: a token ends in the future, and after 366 days at most":
    "--expires {span}: 토큰의 만료 시각은 지금 이후, 최대 366일 뒤여야 합니다",
  "{count} records do not open with any key: restore the key that sealed them, and run this again":
    "레코드 {count}개를 어떤 키로도 복호화할 수 없습니다. 암호화한 키를 되돌려 놓고 다시 실행하십시오",
  "A CSV file does not tell its periods: give --n1 START/END and --n START/END":
    "CSV 파일에는 기간 정보가 없습니다. --n1 START/END와 --n START/END를 지정하십시오",
  "--n1 and --n belong to a CSV file, whose name ends in .csv, .tsv or .txt, gzipped or not":
    "--n1과 --n은 이름이 .csv, .tsv 또는 .txt로 끝나는 CSV 파일(gzip 압축 포함)에만 사용합니다",
  "--definitions {file}: cannot be read": "--definitions {file}: 읽을 수 없습니다",
  "--definitions {file} is not JSON": "--definitions {file}: JSON이 아닙니다",
  "--definitions {file} does not fit:": "--definitions {file}: 올바르지 않습니다:",
  "{option} {value}: give START/END, like 2024-01-01T00:00:00Z/2024-01-07T23:59:59Z":
    "{option} {value}: 2024-01-01T00:00:00Z/2024-01-07T23:59:59Z와 같이 START/END로 지정하십시오",
  "{file} cannot be read: {reason}": "{file} 파일을 읽을 수 없습니다: {reason}",
  "there is no such file": "해당 파일이 없습니다",
  "it is a folder": "폴더입니다",
  "you may not read it": "읽기 권한이 없습니다",
  "unknown reason": "알 수 없는 이유",
  "{file} is not JSON, nor gzipped JSON": "{file} 파일은 JSON도, gzip으로 압축한 JSON도 아닙니다",
  "{file} is not UTF-8. In Excel save it as CSV UTF-8 (comma delimited), or turn it into UTF-8:":
    "{file} 파일은 UTF-8이 아닙니다. Excel에서 CSV UTF-8(쉼표로 분리) 형식으로 저장하거나 UTF-8로 변환하십시오:",
  "{file} is not gzip, or damaged": "{file} 파일은 gzip 형식이 아니거나 손상되었습니다",
  "{file} does not hold an analysis:": "{file} 파일의 분석이 올바르지 않습니다:",
  "and {count} more": "그 밖에 {count}개",
  "{file} does not fit, and nothing was stored:": "{file} 파일이 올바르지 않아 아무것도 저장하지 않았습니다:",
  "{file} does not fit: line {line} is not CSV":
    "{file} 파일이 올바르지 않습니다: {line}번째 줄이 CSV가 아닙니다",
  "{file} holds more than {max} values: import fewer KPIs or shorter periods":
    "{file} 파일의 값이 {max}개를 넘습니다. KPI를 줄이거나 기간을 짧게 하십시오",
  "{file} holds no value in either period: {lines} lines, {outside} outside of both":
    "{file} 파일에는 두 기간에 속하는 값이 없습니다: 전체 {lines}줄, 두 기간 밖 {outside}줄",
  "line {line}, column {column}: {problem}": "{line}번째 줄, {column} 열: {problem}",
  "line {line}: has more or fewer fields than the first line": "{line}번째 줄: 필드 수가 첫 줄과 다릅니다",

  // Why a command failed
  "The server does not take this token. Give one with --token or PEG_TOKEN; a token made here is signed with JWT_SECRET, or the secret in DATA_DIR, which has to be the server's.":
    "서버가 이 토큰을 받지 않습니다. --token 또는 PEG_TOKEN으로 토큰을 지정하십시오. 여기서 만든 토큰은 JWT_SECRET 또는 DATA_DIR의 비밀 값으로 서명하며, 이 값은 서버의 값과 같아야 합니다.",
  "Give it another id with --id.": "--id로 다른 ID를 지정하십시오.",
  "No server answers ({code}). Start it with peg-bff serve, or check --url.":
    "서버가 응답하지 않습니다({code}). peg-bff serve로 시작하거나 --url을 확인하십시오.",
  "No server answers at {place} ({code}). Start it with peg-bff serve, or check --url.":
    "{place}에서 서버가 응답하지 않습니다({code}). peg-bff serve로 시작하거나 --url을 확인하십시오.",
  "What answered is not this API: check --url. ({reason})":
    "응답한 서버가 이 API가 아닙니다. --url을 확인하십시오. ({reason})",
  "Another program listens: choose another port, with PORT or --port; 0 takes a free one.":
    "다른 프로그램이 포트를 사용하고 있습니다. PORT 또는 --port로 다른 포트를 지정하십시오. 0이면 비어 있는 포트를 고릅니다.",
  "Another program listens at {place}: choose another port, with PORT or --port; 0 takes a free one.":
    "다른 프로그램이 {place}을(를) 사용하고 있습니다. PORT 또는 --port로 다른 포트를 지정하십시오. 0이면 비어 있는 포트를 고릅니다.",
  "Too few files may be open at once: raise the limit, for instance with ulimit -n. ({code})":
    "동시에 열 수 있는 파일 수가 너무 적습니다. ulimit -n 등으로 한도를 늘리십시오. ({code})",
  "The database cannot be used: check DATABASE_URL, and that it runs. ({reason})":
    "데이터베이스를 사용할 수 없습니다. DATABASE_URL과 데이터베이스 실행 여부를 확인하십시오. ({reason})",
  "The settings cannot be used:": "설정을 사용할 수 없습니다:",

  // Doctor
  "examine settings and all that they name, and say how to mend what is wrong":
    "설정과 설정이 가리키는 모든 대상을 점검하고, 문제가 있으면 고치는 방법을 알려 줍니다",
  Settings: "설정",
  "Data directory": "데이터 디렉터리",
  Disk: "디스크",
  "Log file": "로그 파일",
  Database: "데이터베이스",
  Migrations: "마이그레이션",
  "Job queue": "작업 큐",
  Announcements: "변경 알림",
  Clock: "시계",
  Keys: "키",
  Redis: "Redis",
  "Analysis service": "분석 서비스",
  Tokens: "토큰",
  "All can be read.": "모두 올바릅니다.",
  "Change this setting, or unset it. README and .env.example describe each.":
    "이 설정을 바꾸거나 해제하십시오. 각 설정의 설명은 README와 .env.example에 있습니다.",
  "Others can reach HOST {host}, and development keys are in use.":
    "다른 장비에서 HOST {host}에 접속할 수 있는데 개발용 키를 사용하고 있습니다.",
  "Set JWT_JWKS_URL, JWT_PUBLIC_KEY or JWT_SECRET, and ENCRYPTION_KEYS; or HOST to 127.0.0.1.":
    "JWT_JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET 중 하나와 ENCRYPTION_KEYS를 설정하거나, HOST를 127.0.0.1로 설정하십시오.",
  "{path} is made at the first start.": "{path}은(는) 처음 시작할 때 만들어집니다.",
  "{path} is damaged.": "{path} 파일이 손상되었습니다.",
  "Restore {path} from a copy: without its keys stored data stays sealed. Where nothing is stored yet, delete it.":
    "사본에서 {path} 파일을 복원하십시오. 이 파일의 키가 없으면 저장된 데이터를 복호화할 수 없습니다. 아직 저장한 것이 없다면 삭제하십시오.",
  "{path} cannot be used ({reason}).": "{path}을(를) 사용할 수 없습니다({reason}).",
  "Make it a folder that this user may write, or set another DATA_DIR.":
    "이 사용자가 쓸 수 있는 폴더로 만들거나 다른 DATA_DIR을 설정하십시오.",
  "Other users of this machine may read the keys in {path}.":
    "이 장비의 다른 사용자가 {path}의 키를 읽을 수 있습니다.",
  "Run: chmod 600 {path}": "실행하십시오: chmod 600 {path}",
  "{path} can be read and written.": "{path}을(를) 읽고 쓸 수 있습니다.",
  "Its room cannot be told here.": "이 장비에서는 남은 공간을 알 수 없습니다.",
  "{gib} GiB are free.": "{gib}GiB가 비어 있습니다.",
  "Make room on the disk of {path}, 1 GiB at least: a full disk stops the embedded database.":
    "{path}이(가) 있는 디스크에 1GiB 이상의 공간을 확보하십시오. 디스크가 가득 차면 내장 데이터베이스가 멈춥니다.",
  "{path} can be written.": "{path}에 쓸 수 있습니다.",
  "{path} cannot be written ({reason}).": "{path}에 쓸 수 없습니다({reason}).",
  "Let this user write it and its folder, or set another LOG_FILE.":
    "이 사용자가 그 파일과 폴더에 쓸 수 있게 하거나 다른 LOG_FILE을 설정하십시오.",
  "The embedded database is made at the first start.": "내장 데이터베이스는 처음 시작할 때 만들어집니다.",
  "The embedded database is in use: ask its server at /readyz.":
    "내장 데이터베이스가 사용 중입니다. 그 서버의 /readyz에서 확인하십시오.",
  "The embedded database in {path} does not open ({reason}).":
    "{path}의 내장 데이터베이스가 열리지 않습니다({reason}).",
  "The embedded database in {path} does not open ({reason}). Where the disk is full or cannot be written, mend that. Else move the directory away, or set another DATA_DIR, and restore a backup with peg-bff restore.":
    "{path}의 내장 데이터베이스가 열리지 않습니다({reason}). 디스크가 가득 찼거나 쓸 수 없으면 먼저 해결하십시오. 그렇지 않으면 디렉터리를 옮기거나 다른 DATA_DIR을 설정한 뒤 peg-bff restore로 백업을 복원하십시오.",
  "Where the disk is full or cannot be written, mend that. Else move the directory away, or set another DATA_DIR, and restore a backup with peg-bff restore.":
    "디스크가 가득 찼거나 쓸 수 없으면 먼저 해결하십시오. 그렇지 않으면 디렉터리를 옮기거나 다른 DATA_DIR을 설정한 뒤 peg-bff restore로 백업을 복원하십시오.",
  "PostgreSQL {name} is too old.": "PostgreSQL {name}은(는) 너무 오래된 버전입니다.",
  "Use PostgreSQL 14 or newer.": "PostgreSQL 14 이상을 사용하십시오.",
  "This is a standby, which cannot be written.": "쓸 수 없는 대기(standby) 서버입니다.",
  "Point DATABASE_URL at the primary.": "DATABASE_URL을 주(primary) 서버로 설정하십시오.",
  "PostgreSQL {name} answers.": "PostgreSQL {name}이(가) 응답합니다.",
  "There is no database {name} at {host}.": "{host}에 {name} 데이터베이스가 없습니다.",
  "Make it with: createdb {name}; or set DATABASE_URL to another one.":
    "createdb {name} 명령으로 만들거나 DATABASE_URL을 다른 데이터베이스로 설정하십시오.",
  "{host} does not take the user or the password of DATABASE_URL.":
    "{host}이(가) DATABASE_URL의 사용자 또는 비밀번호를 받지 않습니다.",
  "Set user and password in DATABASE_URL right; characters like @ and / are percent-encoded there.":
    "DATABASE_URL의 사용자와 비밀번호를 바로잡으십시오. @와 / 같은 문자는 퍼센트 인코딩합니다.",
  "No database answers at {host} ({reason}).": "{host}에서 데이터베이스가 응답하지 않습니다({reason}).",
  "Start the database, or set DATABASE_URL right.":
    "데이터베이스를 시작하거나 DATABASE_URL을 바로잡으십시오.",
  "It agrees with that of the database.": "데이터베이스의 시계와 일치합니다.",
  "It is {seconds} s ahead of that of the database.": "데이터베이스의 시계보다 {seconds}초 빠릅니다.",
  "It is {seconds} s behind that of the database.": "데이터베이스의 시계보다 {seconds}초 느립니다.",
  "Have NTP set the clocks of both machines: tokens and permissions end by the clock.":
    "두 장비의 시계를 NTP로 맞추십시오. 토큰과 권한은 시계에 따라 만료됩니다.",
  "A newer version of this program has migrated the database.":
    "이 프로그램의 더 새로운 버전이 데이터베이스를 마이그레이션했습니다.",
  "Run that version here, or a newer one.": "여기에서도 그 버전이나 더 새로운 버전을 실행하십시오.",
  "The database is not up to date.": "데이터베이스 스키마가 최신이 아닙니다.",
  "Run: peg-bff migrate": "실행하십시오: peg-bff migrate",
  "The job queue {name} is missing.": "작업 큐 {name}이(가) 없습니다.",
  "Its queues are there.": "큐가 모두 있습니다.",
  "What one process announces is heard.": "한 프로세스가 알린 변경이 전달됩니다.",
  "What one process announces is not heard: a pooler stands between.":
    "한 프로세스가 알린 변경이 전달되지 않습니다. 중간에 풀러가 있습니다.",
  "Set DATABASE_LISTEN_URL to the database itself, past the pooler.":
    "풀러를 거치지 않는 데이터베이스 주소를 DATABASE_LISTEN_URL에 설정하십시오.",
  "DATABASE_LISTEN_URL cannot be reached ({reason}).": "DATABASE_LISTEN_URL에 접속할 수 없습니다({reason}).",
  "Stored data is sealed with {names}, which is not in ENCRYPTION_KEYS.":
    "저장된 데이터가 {names} 키로 암호화되어 있으나, 이 키가 ENCRYPTION_KEYS에 없습니다.",
  "Add {names} to ENCRYPTION_KEYS, after the first key.":
    "ENCRYPTION_KEYS의 첫 번째 키 뒤에 {names}을(를) 추가하십시오.",
  "Stored data does not open with {names}: it was another secret under that name.":
    "저장된 데이터를 {names} 키로 복호화할 수 없습니다. 같은 이름의 다른 비밀 값이었습니다.",
  "Put the right secret of {names} back into ENCRYPTION_KEYS, and give the new one a new name.":
    "{names}의 올바른 비밀 값을 ENCRYPTION_KEYS에 되돌려 놓고, 새 값에는 새 이름을 붙이십시오.",
  "{left} records are sealed with keys that are not the first.":
    "레코드 {left}개가 첫 번째가 아닌 키로 암호화되어 있습니다.",
  "Run: peg-bff rotate-keys": "실행하십시오: peg-bff rotate-keys",
  "All that is stored opens with them.": "저장된 모든 데이터를 이 키로 복호화할 수 있습니다.",
  "None is set: limits and cache are this process's own.":
    "설정되지 않았습니다. 요청 한도와 캐시는 이 프로세스만의 것입니다.",
  "{host} asks for another password.": "{host}이(가) 다른 비밀번호를 요구합니다.",
  "Put the right password into {setting}.": "올바른 비밀번호를 {setting}에 설정하십시오.",
  "No Redis answers at {host}.": "{host}에서 Redis가 응답하지 않습니다.",
  "Start Redis, or set REDIS_URL right. Until then each process counts limits by itself.":
    "Redis를 시작하거나 REDIS_URL을 바로잡으십시오. 그때까지 각 프로세스가 요청 한도를 따로 셉니다.",
  "{host} is a replica, which takes no writes.": "{host}은(는) 쓸 수 없는 복제본(replica)입니다.",
  "Point {setting} at the primary.": "{setting}을(를) 주(primary) 서버로 설정하십시오.",
  "{host} throws keys away where its memory is full ({policy}): limits would be forgotten.":
    "{host}은(는) 메모리가 가득 차면 키를 버립니다({policy}). 요청 한도 기록이 사라질 수 있습니다.",
  "Run: redis-cli config set maxmemory-policy volatile-lru":
    "실행하십시오: redis-cli config set maxmemory-policy volatile-lru",
  "{host} answers.": "{host}이(가) 응답합니다.",
  "The bundled one starts with the server.": "내장 분석 서비스는 서버와 함께 시작됩니다.",
  "Nothing answers at {host} ({reason}).": "{host}에서 응답이 없습니다({reason}).",
  "Start the analysis service, or set MCP_URL right, or unset it for the bundled one.":
    "분석 서비스를 시작하거나, MCP_URL을 바로잡거나, 내장 서비스를 쓰려면 해제하십시오.",
  "{host} does not take MCP_TOKEN.": "{host}이(가) MCP_TOKEN을 받지 않습니다.",
  "Set MCP_TOKEN to the token that the analysis service asks for.":
    "분석 서비스가 요구하는 토큰을 MCP_TOKEN에 설정하십시오.",
  "What answers at {host} is no analysis service (status {status}).":
    "{host}에서 응답한 서버는 분석 서비스가 아닙니다(상태 {status}).",
  "Set MCP_URL to the address below which {path} is served.":
    "{path}를 제공하는 주소를 MCP_URL에 설정하십시오.",
  "They are checked by a key in the settings.": "설정에 있는 키로 검증합니다.",
  "{host} has {count} keys.": "{host}에 키가 {count}개 있습니다.",
  "{host} has no key that can be used.": "{host}에 사용할 수 있는 키가 없습니다.",
  "No key set can be had from {host} ({reason}).": "{host}에서 키 집합을 가져올 수 없습니다({reason}).",
  "Set JWT_JWKS_URL to the address of your identity provider's key set, with keys that have a kid.":
    "인증 제공자의 키 집합 주소를 JWT_JWKS_URL에 설정하십시오. 키에는 kid가 있어야 합니다.",

  // Put together elsewhere: what is wrong with the settings
  "must be a number from 0 to 1": "0~1의 숫자여야 합니다",
  "must be name=value,... with percent-encoded values":
    "name=value,... 형식이어야 하며, 값은 퍼센트 인코딩해야 합니다",
  "must have at least 16 characters, and no spaces or commas": "공백과 쉼표 없이 16자 이상이어야 합니다",
  "it or its folder cannot be written ({reason})": "파일이나 폴더에 쓸 수 없습니다({reason})",
  "must be a number from {min} to {max}": "{min}~{max}의 숫자여야 합니다",
  "must be a URL that begins with {first} or {second}": "{first} 또는 {second}로 시작하는 URL이어야 합니다",
  "must look like 10/1m: calls, a slash, a number and s, m, h or d":
    "10/1m과 같은 형식(호출 수, 슬래시, 숫자와 s, m, h, d 중 하나)이어야 합니다",
  "must be kid:key,... with keys of 32 bytes in base64url":
    "kid:key,... 형식이어야 하며, 키는 base64url로 쓴 32바이트여야 합니다",
  "must not name a key id twice": "같은 키 ID를 두 번 쓸 수 없습니다",
  "must be a public key in PEM form": "PEM 형식의 공개 키여야 합니다",
  "must be without user, query and fragment: a token goes into MCP_TOKEN":
    "사용자, 쿼리, 프래그먼트가 없어야 합니다: 토큰은 MCP_TOKEN에 넣으십시오",
  "must be printable ASCII without spaces": "공백 없는 출력 가능한 ASCII여야 합니다",
  "must have at least 32 bytes": "32바이트 이상이어야 합니다",
  "must be exact origins, like https://dashboard.example.com, separated by commas":
    "https://dashboard.example.com과 같은 정확한 출처를 쉼표로 구분하여 지정해야 합니다",
  "must be one of {values}": "다음 중 하나여야 합니다: {values}",
  "set one of them, not several": "여러 개가 아니라 하나만 설정하십시오",
  "set one of them, not both": "둘 다가 아니라 하나만 설정하십시오",
  "set both or none": "둘 다 설정하거나 둘 다 설정하지 마십시오",
  "set DATABASE_URL as well": "DATABASE_URL도 설정하십시오",
  "none needs DATABASE_URL; the embedded database has no other process to work for it":
    "none에는 DATABASE_URL이 필요합니다. 내장 데이터베이스에는 대신 처리할 다른 프로세스가 없습니다",
  "one is required in production": "운영 환경에서는 하나가 필요합니다",
  "required in production": "운영 환경에서는 필요합니다",
  "the database holds data sealed with {keys}, which is not among the keys. Add it after the first key; `peg-bff rotate-keys` then makes it dispensable.":
    "데이터베이스에 {keys} 키로 암호화된 데이터가 있으나, 이 키가 키 목록에 없습니다. 첫 번째 키 뒤에 추가하십시오. 그 뒤 `peg-bff rotate-keys`를 실행하면 더는 필요하지 않습니다.",
  "stored data does not open with {keys}: it was sealed with another secret under that name. Put the right secret back, and give a new one a new name.":
    "저장된 데이터를 {keys} 키로 복호화할 수 없습니다. 같은 이름의 다른 비밀 값으로 암호화되었습니다. 올바른 비밀 값을 되돌려 놓고, 새 값에는 새 이름을 붙이십시오.",

  // Put together elsewhere: what is wrong with a data directory, a key, a queue
  "{path} cannot be read, so it is not known who uses {folder}. If no other process does, delete that file and start again.":
    "{path} 파일을 읽을 수 없어 어느 프로세스가 {folder}을(를) 사용하는지 알 수 없습니다. 사용하는 프로세스가 없다면 이 파일을 삭제하고 다시 시작하십시오.",
  "{folder} is in use by process {pid} on {host}. The embedded database serves one process at a time: stop that process, set another DATA_DIR, or set DATABASE_URL to share a PostgreSQL. Where it was a container's that died just now, start again in 15 seconds. If that machine is gone for good, delete {path}.":
    "{host}의 프로세스 {pid}이(가) {folder}을(를) 사용하고 있습니다. 내장 데이터베이스는 한 번에 한 프로세스만 사용할 수 있습니다. 그 프로세스를 중지하거나, 다른 DATA_DIR을 설정하거나, DATABASE_URL을 설정하여 PostgreSQL을 공유하십시오. 방금 종료된 컨테이너의 프로세스라면 15초 뒤에 다시 시작하십시오. 그 장비가 더는 없다면 {path} 파일을 삭제하십시오.",
  "{path} is damaged: restore it, for without its keys stored data stays sealed":
    "{path} 파일이 손상되었습니다. 이 파일의 키가 없으면 저장된 데이터를 복호화할 수 없으므로 복원하십시오",
  "must be RSA of 2048 bits or more, EC P-256, P-384 or P-521, or Ed25519":
    "2048비트 이상의 RSA, EC P-256, P-384, P-521 또는 Ed25519 키여야 합니다",
  "The tables could not be brought up to date: something else uses one of them, a backup perhaps or a transaction that was left open (pg_stat_activity shows it). End it, or let it end, and start again.":
    "테이블을 최신 상태로 바꾸지 못했습니다. 백업이나 열린 채로 남은 트랜잭션 같은 다른 작업이 테이블을 사용하고 있습니다(pg_stat_activity에서 볼 수 있습니다). 그 작업을 끝내거나 끝나기를 기다린 뒤 다시 시작하십시오.",
  "the job queue {queue} is missing: run peg-bff migrate":
    "작업 큐 {queue}이(가) 없습니다. peg-bff migrate를 실행하십시오",
  "the bundled analysis service did not start: {reason}": "내장 분석 서비스가 시작되지 않았습니다: {reason}",

  // Put together elsewhere: what is wrong with a backup
  "The backup file is damaged: {what}. Nothing was restored: take another one.":
    "백업 파일이 손상되었습니다: {what}. 아무것도 복원하지 않았습니다. 다른 백업을 사용하십시오.",
  "There is no file {path}.": "{path} 파일이 없습니다.",
  "{file} is there already: give another name, or remove it.":
    "{file} 파일이 이미 있습니다. 다른 이름을 지정하거나 파일을 지우십시오.",
  "There is nothing to back up: the database has no tables.":
    "백업할 내용이 없습니다. 데이터베이스에 테이블이 없습니다.",
  "The database is of another version than this program: back it up with the program that serves it, or run peg-bff migrate first.":
    "데이터베이스와 이 프로그램의 버전이 다릅니다. 이 데이터베이스를 쓰는 버전의 프로그램으로 백업하거나, 먼저 peg-bff migrate를 실행하십시오.",
  "The backup has other tables than this program: it was made by version {version}, restore it with that.":
    "백업의 테이블이 이 프로그램과 다릅니다. 버전 {version}에서 만든 백업이므로 그 버전으로 복원하십시오.",
  "The backup was made by version {version}, whose tables differ: restore it with that version, then start this one, which brings it up to date.":
    "테이블이 다른 버전 {version}에서 만든 백업입니다. 그 버전으로 복원한 뒤 이 버전을 시작하면 최신으로 갱신됩니다.",
  "There is no database in {folder}: set DATA_DIR to the directory that holds it, or DATABASE_URL.":
    "{folder}에 데이터베이스가 없습니다. 데이터베이스가 있는 디렉터리를 DATA_DIR에 설정하거나, DATABASE_URL을 설정하십시오.",
  "The backup needs {keys}, which is not among the keys: set ENCRYPTION_KEYS to those that the data was sealed with.":
    "백업에는 {keys} 키가 필요하나 키 목록에 없습니다. 데이터를 암호화한 키를 ENCRYPTION_KEYS에 설정하십시오.",
  "The backup does not open with {keys}: it was sealed with another secret under that name. Put that back.":
    "백업을 {keys} 키로 복호화할 수 없습니다. 같은 이름의 다른 비밀 값으로 암호화되었습니다. 그 비밀 값을 되돌려 놓으십시오.",
  "{file} is in the way: give another name, or move it.":
    "{file} 때문에 진행할 수 없습니다. 다른 이름을 지정하거나 그것을 옮기십시오.",
  "The backup needs {keys}, which is not among the keys: set ENCRYPTION_KEYS to those that the data was sealed with, or give --keep-unreadable to take along as it is what they sealed.":
    "백업에는 {keys} 키가 필요하나 키 목록에 없습니다. 데이터를 암호화한 키를 ENCRYPTION_KEYS에 설정하거나, --keep-unreadable로 이 키로 암호화된 값을 그대로 포함하십시오.",
  "The backup does not open with {keys}: it was sealed with another secret under that name. Put that back, or give --keep-unreadable to take along as it is what it sealed.":
    "백업을 {keys} 키로 복호화할 수 없습니다. 같은 이름의 다른 비밀 값으로 암호화되었습니다. 그 비밀 값을 되돌려 놓거나, --keep-unreadable로 이 키로 암호화된 값을 그대로 포함하십시오.",
  "{count} sealed values do not open with any key, the first in {record}: put back the key that sealed them, or give --keep-unreadable to take them along as they are.":
    "값 {count}개를 어떤 키로도 복호화할 수 없습니다(첫 번째: {record}). 암호화한 키를 되돌려 놓거나, --keep-unreadable로 그대로 포함하십시오.",
  "The database holds data. Restore into an empty one, or give --replace to lose what it holds.":
    "데이터베이스에 데이터가 있습니다. 빈 데이터베이스에 복원하거나, --replace로 기존 데이터를 버리십시오.",
  "What was restored of {table} is not what the backup holds. Nothing was restored.":
    "복원한 {table} 내용이 백업과 다릅니다. 아무것도 복원하지 않았습니다.",
  "Redis does not answer, and would go on serving what it holds. Nothing was restored.":
    "Redis가 응답하지 않아 이전 내용을 계속 제공할 수 있습니다. 아무것도 복원하지 않았습니다.",

  // Put together elsewhere: what commander says of a command line
  "error: missing required argument '{name}'": "오류: 필수 인자 '{name}'이(가) 없습니다",
  "error: option '{flags}' argument missing": "오류: 옵션 '{flags}'의 인자가 없습니다",
  "error: required option '{flags}' not specified": "오류: 필수 옵션 '{flags}'을(를) 지정하지 않았습니다",
  "error: unknown option '{name}'": "오류: 알 수 없는 옵션 '{name}'",
  "error: unknown command '{name}'": "오류: 알 수 없는 명령 '{name}'",
  "error: option '{flags}' argument '{value}' is invalid.":
    "오류: 옵션 '{flags}'의 인자 '{value}'이(가) 올바르지 않습니다.",
  "error: too many arguments for '{command}'.": "오류: '{command}' 명령의 인자가 너무 많습니다.",
  "Expected {expected} argument but got {given}.": "인자 {expected}개가 필요하지만 {given}개를 받았습니다.",
  "Expected {expected} arguments but got {given}.": "인자 {expected}개가 필요하지만 {given}개를 받았습니다.",
  "Allowed choices are {choices}.": "허용되는 값은 {choices}입니다.",
  "(Did you mean {name}?)": "(혹시 {name}을(를) 찾으십니까?)",
  "(Did you mean one of {names}?)": "(혹시 다음 중 하나를 찾으십니까? {names})",
} as const satisfies Record<string, string>;

export type CliText = keyof typeof KOREAN;
