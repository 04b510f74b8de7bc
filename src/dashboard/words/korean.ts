/** Every text of the page, by the English one that stands where it is said. Values go where both name them: `{name}`. */
export const KOREAN = {
  // The page itself
  "PEG comparison": "PEG 비교분석",
  Settings: "설정",
  Language: "언어",
  Colours: "화면 색상",
  System: "시스템 설정",
  Light: "밝게",
  Dark: "어둡게",
  "Skip to content": "본문으로 건너뛰기",
  "Sign out": "로그아웃",
  "Signed in as {user}": "{user}(으)로 로그인함",
  Loading: "불러오는 중",
  "Try again": "다시 시도",
  "Trying again by itself.": "자동으로 다시 시도합니다.",
  "The comparison is being computed. Download it once it is there.":
    "비교 결과를 계산하고 있습니다. 계산이 끝난 뒤 내려받으십시오.",
  "This did not work": "처리하지 못했습니다",
  "You may not see this": "볼 수 있는 권한이 없습니다",
  "There is no such analysis": "해당 분석이 없습니다",
  "The server cannot be reached. Check that it runs, and your connection.":
    "서버에 연결할 수 없습니다. 서버가 실행 중인지, 네트워크가 연결되어 있는지 확인하십시오.",
  "request {id}": "요청 {id}",
  "Something on this page broke": "페이지에 문제가 생겼습니다",
  "What is stored is safe. Load the page again; if that does not help, tell the operator.":
    "저장된 데이터는 안전합니다. 페이지를 다시 불러오고, 그래도 안 되면 운영자에게 알리십시오.",
  "Load again": "다시 불러오기",
  "Not found": "찾을 수 없음",
  "There is nothing at this address.": "이 주소에는 아무것도 없습니다.",
  "Where you are": "현재 위치",
  "All analyses": "전체 분석",
  Close: "닫기",

  // Signing in
  "Sign in": "로그인",
  "Whoever runs this server gives you a token. It stays in this tab until you close it.":
    "토큰은 이 서버의 운영자가 발급합니다. 토큰은 이 탭을 닫을 때까지만 보관됩니다.",
  Token: "토큰",
  "On the machine of the server:": "서버가 실행되는 컴퓨터에서:",
  "your-name": "사용자이름",
  "This is no token. Paste all of it: three parts with dots between them.":
    "토큰이 아닙니다. 점으로 구분된 세 부분을 모두 붙여 넣으십시오.",
  "The token has expired or is not valid here. Paste a new one.":
    "토큰이 만료되었거나 이 서버에서 유효하지 않습니다. 새 토큰을 붙여 넣으십시오.",

  // The list
  Analyses: "분석 목록",
  "Search by name": "이름으로 검색",
  "Upload measurements": "측정값 업로드",
  "Show more": "더 보기",
  "No analysis has this in its name.": "이름이 일치하는 분석이 없습니다.",
  "Search for another part of the name, or empty the field.":
    "이름의 다른 부분으로 검색하거나 검색란을 비우십시오.",
  "There is nothing here yet.": "아직 분석이 없습니다.",
  "Upload measurements of two periods, or ask an admin of an analysis to let you read it.":
    "두 기간의 측정값을 업로드하거나, 분석의 관리자에게 읽기 권한을 요청하십시오.",
  "{pegs} PEGs, {cells} cells, stored {time} UTC": "PEG {pegs}개, 셀 {cells}개, {time} UTC에 저장",
  "Not compared yet: open it to compare.": "아직 비교하지 않았습니다. 열면 비교가 시작됩니다.",
  "The comparison failed: open it to see why.": "비교에 실패했습니다. 열어서 이유를 확인하십시오.",
  "Waiting for a worker": "작업 대기 중",
  "Being compared": "비교 중",
  "weighted change, better is positive": "가중 변화, 양수가 개선",

  // One comparison
  Recompute: "다시 계산",
  Share: "공유",
  "Download CSV": "CSV 내려받기",
  Print: "인쇄",
  "The comparison failed": "비교에 실패했습니다",
  "The server did not say why.": "서버가 이유를 알리지 않았습니다.",
  "Recompute tries again. If the data is at fault, upload it anew.":
    "'다시 계산'으로 다시 시도하십시오. 데이터가 잘못되었다면 새로 업로드하십시오.",
  "done at about {time} UTC": "{time}(UTC)경 완료 예정",
  "You may leave this page: the work goes on, and the result is kept.":
    "이 페이지를 떠나도 작업은 계속되고 결과는 보관됩니다.",
  "All in all": "종합",
  "By the 5 % rule alone: this service does not judge.":
    "5% 기준만 적용했습니다. 이 분석 서비스는 판정을 제공하지 않습니다.",
  "Weighted change": "가중 변화",
  "interval {low} to {high}": "구간 {low} ~ {high}",
  "better is positive": "양수가 개선",
  "By the 5 % rule": "5% 기준",
  "{improved} better, {declined} worse, {stable} stable": "개선 {improved}, 저하 {declined}, 유지 {stable}",
  PEGs: "PEG 수",
  "{count} tested": "{count}개 검정",
  "Could not be told": "판단하지 못한 비율",
  "{inconclusive} too noisy, {insufficient} with too little data":
    "변동이 커서 {inconclusive}개, 데이터가 부족해서 {insufficient}개",
  "Not compared: {count}": "비교하지 않은 PEG: {count}개",
  "and {count} more": "외 {count}개",
  "Computed {time} UTC by {version} in {seconds} s": "{time} UTC에 {version}(으)로 계산, {seconds}초",
  "What moved it": "변화에 기여한 PEG",
  "Percentage points that each PEG adds to the weighted change; better is positive.":
    "각 PEG가 가중 변화에 더하는 퍼센트포인트입니다. 양수가 개선입니다.",

  // The table
  "Each PEG": "PEG별 결과",
  "Find a PEG": "PEG 찾기",
  any: "전체",
  "Weight at least": "최소 가중치",
  "{shown} of {all} PEGs": "PEG {all}개 중 {shown}개",
  "Show all": "모두 보기",
  "No PEG is like this.": "조건에 맞는 PEG가 없습니다.",
  PEG: "PEG",
  Weight: "가중치",
  "N-1": "N-1",
  N: "N",
  Change: "변화",
  Trend: "추세",
  Significance: "변화 크기",
  Verdict: "판정",
  "95 % interval": "95% 구간",
  Adds: "기여",
  up: "상승",
  down: "하락",
  stable: "유지",
  high: "높음",
  medium: "중간",
  low: "낮음",
  critical: "중요",

  // One PEG
  Previous: "이전",
  Next: "다음",
  "95 % interval of the change: {interval}. Shaded: the band of ±{band} % that does not matter.":
    "변화의 95% 구간: {interval}. 음영: 문제 되지 않는 허용 범위 ±{band}%.",
  "Draw over": "가로축",
  "Over time": "시간순",
  "By hour of day": "시간대별",
  "Save as PNG": "PNG로 저장",
  "N-1, before": "N-1, 변경 전",
  "N, after": "N, 변경 후",
  mean: "평균",
  "time since the period began": "기간 시작 이후 시간",
  "hour of day, {zone}": "하루 중 시각, {zone}",
  "sample number": "표본 번호",
  "{name}: N-1 {before}, N {after}, each mean and standard deviation":
    "{name}: N-1 {before}, N {after} (각각 평균과 표준편차)",
  "Dotted: N-1. Dashed: the means. Shaded: one standard deviation, and the range over cells.":
    "점선: N-1. 파선: 평균. 음영: 표준편차 범위와 셀 간의 범위.",
  "A profile of the day is not offered: a period has more than {max} instants, of which neighbours are drawn as one.":
    "시간대별 보기는 제공하지 않습니다. 한 기간의 시각이 {max}개를 넘어 이웃한 시각을 한 점으로 합쳐 그립니다.",
  "{hours} h": "{hours}시간",
  "{days} d": "{days}일",
  "{days} d {hours} h": "{days}일 {hours}시간",
  "In numbers": "수치",
  Mean: "평균",
  "Standard deviation": "표준편차",
  "Relative deviation (RSD)": "상대 표준편차(RSD)",
  "Lowest and highest": "최솟값과 최댓값",
  Samples: "표본 수",
  Missing: "누락",
  "Could not be derived": "계산 불가",
  Outliers: "이상치",
  "Change of the mean": "평균의 변화",
  "from a baseline of zero": "기준값이 0",
  "from zero": "0에서",
  "significance {level}": "변화 크기 {level}",
  Confidence: "신뢰도",
  Cell: "셀",
  "all cells": "전체 셀",
  "Data quality": "데이터 품질",
  "Why this verdict": "판정 근거",
  "higher is better": "높을수록 좋음",
  "lower is better": "낮을수록 좋음",
  "neither is better": "좋고 나쁨 없음",
  "as its name tells": "이름에 따라",
  "same weekday and hour, week by week": "같은 요일과 시각끼리, 주 단위",
  "same hour of day": "하루 중 같은 시각끼리",
  "all samples of both periods": "두 기간의 모든 표본",
  "events over exposure": "노출 대비 발생 건수",
  ratios: "비율",
  differences: "차이",
  "sums over sums": "합계의 비",
  "a period is shorter than a day, so nothing is paired": "한 기간이 하루보다 짧아 짝을 짓지 않습니다",
  "its parts were not named, or have no times; the values are compared as they are":
    "비율의 분자와 분모가 지정되지 않았거나 시각이 없어 값을 그대로 비교합니다",
  "the values are no counts of events, and are compared as they are":
    "값이 사건 횟수가 아니어서 그대로 비교합니다",
  "samples have no times; neighbours are taken to resemble each other":
    "표본에 시각이 없어 이웃한 표본이 서로 비슷하다고 가정합니다",
  "no exposure was named; samples are counted instead": "노출량이 지정되지 않아 표본 수를 대신 사용합니다",
  "{count} {reason}": "{reason} {count}개",
  missing: "누락된 표본",
  "marked as suspect": "의심 표시된 표본",
  "samples of cells that are in one period only": "한 기간에만 있는 셀의 표본",
  "in hours that the clock showed twice": "시계가 두 번 가리킨 시간의 표본",
  "without a partner in the other period": "다른 기간에 짝이 없는 표본",
  gauge: "게이지",
  counter: "카운터",
  ratio: "비율",
  "rare count": "희소 건수",
  "Better is": "개선 방향",
  Kind: "종류",
  Compared: "비교 방식",
  "Pairs or samples": "쌍 또는 표본 수",
  "Worth so many independent ones": "독립 표본으로 환산",
  "More are needed": "더 필요한 수",
  "90 % interval": "90% 구간",
  "Chance alone (p)": "우연만으로 이만큼 변할 확률(p)",
  "Among all PEGs (q)": "전체 PEG 보정(q)",
  "Among critical PEGs (Holm)": "중요 PEG 보정(Holm)",
  "An N sample is the better one": "N 표본이 더 나을 확률",
  "An N sample is the larger one": "N 표본이 더 클 확률",
  "Typical shift": "대표 이동량",
  "It varies": "변동",
  more: "커짐",
  less: "작아짐",
  "as before": "이전과 같음",
  "Left out": "제외한 표본",
  Mind: "주의",

  // Sharing
  User: "사용자",
  May: "권한",
  read: "읽기",
  "read and change": "읽기와 변경",
  "everything, sharing included": "공유를 포함한 모든 권한",
  "Until (your time; empty: without end)": "만료 시각(현지 시각, 비우면 무기한)",
  Until: "만료",
  "without end": "무기한",
  over: "만료됨",
  Grant: "권한 부여",
  Revoke: "권한 회수",
  "Revoke: {user}, {permission}": "권한 회수: {user}, {permission}",
  "You may not share this any more": "더 이상 공유할 권한이 없습니다",
  "{user} may now do this.": "{user}에게 권한을 부여했습니다.",

  // Uploading
  "A file of CSV or JSON, gzipped or not": "CSV 또는 JSON 파일(gzip 가능)",
  "{name}, {size} kB": "{name}, {size} kB",
  "Choose it, or drop it here. A CSV has a line for each time and cell, and a column for each KPI.":
    "파일을 선택하거나 여기에 끌어다 놓으십시오. CSV는 시각과 셀마다 한 줄, KPI마다 한 열로 구성됩니다.",
  "What the columns are": "열의 의미",
  Time: "시각",
  choose: "선택",
  "no column: all of one cell": "열 없음: 모두 한 셀",
  "Name of the cell": "셀 이름",
  "The first of {lines} lines": "전체 {lines}줄의 앞부분",
  Preview: "미리 보기",
  KPI: "KPI",
  "Better is: {name}": "개선 방향: {name}",
  "Weight: {name}": "가중치: {name}",
  "The two periods": "두 기간",
  "Both ends belong to a period. Times are UTC. Draw over the chart, or type.":
    "기간에는 양 끝이 포함되며 시각은 UTC입니다. 차트 위를 끌거나 직접 입력하십시오.",
  "The time of {count} lines cannot be read. It has to look like 2024-01-01T00:00:00Z.":
    "{count}줄의 시각을 읽을 수 없습니다. 2024-01-01T00:00:00Z와 같은 형식이어야 합니다.",
  From: "시작",
  To: "끝",
  "Draw this one": "이 기간을 그리기",
  "Store it": "저장",
  "{rows} values of {pegs} PEGs in {cells} cells, with their periods and definitions":
    "셀 {cells}개, PEG {pegs}개의 값 {rows}개와 기간, 정의",
  "Name of the analysis": "분석 이름",
  "Working …": "처리 중 …",
  "Store and compare": "저장하고 비교",
  "Nothing was stored": "아무것도 저장하지 않았습니다",
  "It is not known whether it was stored": "저장되었는지 알 수 없습니다",
  "There is an analysis with the id of this file: look in the list whether it is this one.":
    "이 파일의 ID를 가진 분석이 있습니다. 목록에서 이 분석이 맞는지 확인하십시오.",
  "Then store again, and change nothing before: what is stored already is not stored twice.":
    "그런 다음 아무것도 바꾸지 말고 다시 저장하십시오. 이미 저장된 분석은 두 번 저장되지 않습니다.",
  "N-1 has to end before N begins.": "N-1 기간은 N 기간이 시작하기 전에 끝나야 합니다.",
  "line {line}, column {column}": "{line}번째 줄, {column} 열",
  "line {line}": "{line}번째 줄",
  "The file cannot be unpacked: it is not gzip, or damaged.":
    "압축을 풀 수 없습니다. gzip이 아니거나 손상된 파일입니다.",
  "The file unpacks to more than {max} MB. Leave out columns or days, and choose it anew.":
    "압축을 풀면 {max} MB를 넘습니다. 필요 없는 열이나 날짜를 뺀 뒤 다시 선택하십시오.",
  "The file is larger than {max} MB. Leave out columns or days, and choose it anew.":
    "파일이 {max} MB를 넘습니다. 필요 없는 열이나 날짜를 뺀 뒤 다시 선택하십시오.",
  "The file can no longer be read: it was changed, moved or removed. Choose it anew.":
    "파일을 더 이상 읽을 수 없습니다. 변경되었거나 이동 또는 삭제되었습니다. 다시 선택하십시오.",
  "The file is no text that can be read here. In Excel save it as CSV UTF-8 (comma delimited), and choose that one.":
    "읽을 수 있는 텍스트 파일이 아닙니다. Excel에서 CSV UTF-8(쉼표로 분리) 형식으로 저장한 뒤 그 파일을 선택하십시오.",
  "The file is not UTF-8, and was read as Korean of Windows (CP949). Where names look wrong, save it as CSV UTF-8, and choose that one.":
    "UTF-8이 아니어서 Windows 한국어(CP949)로 읽었습니다. 이름이 잘못 보이면 CSV UTF-8 형식으로 저장한 뒤 그 파일을 선택하십시오.",
  "Here something else is expected: a quote, a comma or a bracket is missing or too much.":
    "이 위치의 문법이 올바르지 않습니다. 따옴표, 쉼표, 괄호가 빠졌거나 남는지 확인하십시오.",
  "The file is not JSON.": "JSON 파일이 아닙니다.",
  "The file holds no analysis: an object with stats, request_params and period_info.":
    "분석이 들어 있지 않습니다. stats, request_params, period_info를 가진 객체여야 합니다.",
  "The file is not CSV.": "CSV 파일이 아닙니다.",
  "It has more or fewer fields than the first line, or a quote that does not end.":
    "첫 줄과 필드 수가 다르거나 닫히지 않은 따옴표가 있습니다.",
  "The file holds nothing but its first line.": "첫 줄 외에 내용이 없습니다.",
  "There are more than {max} values: take fewer columns or shorter periods.":
    "값이 {max}개를 넘습니다. 열을 줄이거나 기간을 짧게 하십시오.",
  "Your token has expired or is not valid any more. Sign in with a new one, then store again: the file and all that you chose stay.":
    "토큰이 만료되었거나 더 이상 유효하지 않습니다. 새 토큰으로 로그인한 뒤 다시 저장하십시오. 파일과 선택한 내용은 그대로 유지됩니다.",
  "There is not enough memory for this file. Leave out columns or days, and choose it anew.":
    "이 파일을 처리할 메모리가 부족합니다. 필요 없는 열이나 날짜를 뺀 뒤 다시 선택하십시오.",
  "This page failed at the file ({reason}). Load it again; if that does not help, tell the operator.":
    "파일을 처리하는 중에 페이지에 문제가 생겼습니다({reason}). 페이지를 다시 불러오고, 그래도 안 되면 운영자에게 알리십시오.",
  "The part of this page that reads files cannot be loaded. Check your connection, load the page again, and choose the file anew.":
    "파일을 읽는 부분을 불러올 수 없습니다. 네트워크 연결을 확인하고 페이지를 다시 불러온 뒤 파일을 다시 선택하십시오.",
  "These places do not fit. Mend the file and choose it anew.":
    "다음 위치가 올바르지 않습니다. 파일을 고친 뒤 다시 선택하십시오.",
  "No value lies in either period: {outside} of {lines} lines are outside of both.":
    "두 기간에 속하는 값이 없습니다. {lines}줄 중 {outside}줄이 두 기간 밖에 있습니다.",
} as const;

export type DashboardText = keyof typeof KOREAN;
