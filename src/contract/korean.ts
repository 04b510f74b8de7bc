/**
 * Every text that the backend tells a caller, by the English one that stands where it is thrown. Values go where
 * both name them: `{name}`.
 */
export const KOREAN = {
  // Who asks, and for what
  "A valid token is needed: send it as Authorization: Bearer TOKEN.":
    "유효한 토큰이 필요합니다. Authorization: Bearer TOKEN 헤더로 보내십시오.",
  "The token has expired. Connect again with a new one.":
    "토큰이 만료되었습니다. 새 토큰으로 다시 연결하십시오.",
  "has expired": "만료되었습니다",
  "Tokens cannot be checked now. Try again soon.":
    "지금은 토큰을 검증할 수 없습니다. 잠시 후 다시 시도하십시오.",
  "You have no permission for this. Ask an admin of the analysis to grant it.":
    "권한이 없습니다. 이 분석의 admin 권한을 가진 사용자에게 권한 부여를 요청하십시오.",
  "There is no such analysis. Check its id.": "해당 분석이 없습니다. 분석 ID를 확인하십시오.",
  "There is no such task. Ask for the comparison with `async: true` to start one.":
    "해당 작업이 없습니다. `async: true`로 비교분석을 요청하면 작업이 시작됩니다.",

  "Metrics are told on this machine only. Set METRICS_TOKEN to read them from another one.":
    "지표는 이 장비에서만 제공됩니다. 다른 장비에서 읽으려면 METRICS_TOKEN을 설정하십시오.",

  // Columns of a CSV file
  "is missing in the first line": "첫 줄에 없습니다",
  "stands twice in the first line": "첫 줄에 두 번 나옵니다",
  "has no usable name": "사용할 수 있는 이름이 없습니다",
  "is no ISO 8601 time, like 2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z와 같은 ISO 8601 시각이 아닙니다",
  "must have 1 to 255 characters": "1~255자여야 합니다",
  "is neither a number nor empty, -, NaN or None": "숫자도, 빈 값도, -, NaN, None도 아닙니다",
  "has a comma, and numbers before it a point: write decimals alike, and nothing between thousands":
    "쉼표가 있는데 앞의 숫자에는 마침표가 있습니다. 소수점을 통일하고 천 단위 구분은 빼십시오",
  "has a point, and numbers before it a comma: write decimals alike, and nothing between thousands":
    "마침표가 있는데 앞의 숫자에는 쉼표가 있습니다. 소수점을 통일하고 천 단위 구분은 빼십시오",
  "has a comma that may stand for thousands or decimals: write it without":
    "쉼표가 천 단위 구분인지 소수점인지 알 수 없습니다. 쉼표 없이 쓰십시오",
  "has a point that may stand for thousands or decimals: write it without, or decimals in all numbers":
    "마침표가 천 단위 구분인지 소수점인지 알 수 없습니다. 마침표 없이 쓰거나, 모든 숫자에 소수 자리를 쓰십시오",

  // What the bundled analysis service says of data that cannot be compared
  "no PEG can be compared": "비교할 수 있는 PEG가 없습니다",
  "the formula of a derived PEG cannot be used": "파생 PEG의 계산식을 사용할 수 없습니다",
  "the derived PEGs have too many samples": "파생 PEG의 표본이 너무 많습니다",
  "samples cannot be joined for a derived PEG": "파생 PEG를 계산할 표본을 서로 맞출 수 없습니다",
  "the raw data holds numbers that are not finite": "원시 데이터에 유한하지 않은 수가 있습니다",

  // Limits
  "The limit of {limit} calls in {seconds} s is used up. Try again in {wait} s.":
    "요청 한도({seconds}초당 {limit}회)를 초과했습니다. {wait}초 후에 다시 시도하십시오.",
  "Too many calls without a valid token came from this address. Try again in {wait} s.":
    "유효한 토큰이 없는 요청이 이 주소에서 너무 많이 왔습니다. {wait}초 후에 다시 시도하십시오.",
  "is the limit that is used up": "초과한 요청 한도입니다",
  "This server holds as many streams as it can.": "이 서버가 유지할 수 있는 스트림 수를 초과했습니다.",
  "{max} streams are open already. Close one of them, or ask for the status instead.":
    "스트림이 이미 {max}개 열려 있습니다. 그중 하나를 닫거나, 대신 작업 상태를 조회하십시오.",
  "A body may have at most {bytes} bytes here.": "이 요청의 본문은 최대 {bytes}바이트까지 허용됩니다.",
  "The body broke off before its end.": "본문을 끝까지 받기 전에 전송이 중단되었습니다.",

  "This stream goes on over another connection.": "이 스트림은 다른 연결에서 이어집니다.",
  "More is asked of this server than it can answer. Try again soon.":
    "서버가 처리할 수 있는 양보다 많은 요청이 들어왔습니다. 잠시 후 다시 시도하십시오.",
  "More is being uploaded to this server than it can hold. Try again soon.":
    "서버가 받을 수 있는 양보다 많은 데이터가 업로드되고 있습니다. 잠시 후 다시 시도하십시오.",

  // Requests
  "No body is taken here: everything stands in the address.":
    "이 요청은 본문을 받지 않습니다. 모든 값을 주소에 지정하십시오.",
  "A body must be application/json.": "본문은 application/json이어야 합니다.",
  "The input is not valid JSON.": "입력이 올바른 JSON이 아닙니다.",
  "The request is not one that this API takes.": "이 API가 받지 않는 요청입니다.",
  "The request cannot be read.": "요청을 읽을 수 없습니다.",
  "There is no such procedure.": "해당 프로시저가 없습니다.",
  "A parameter of the query may be given once only.": "쿼리 파라미터는 한 번만 지정할 수 있습니다.",
  "There is nothing at this address.": "이 주소에는 아무것도 없습니다.",
  "Queries are asked with GET, mutations with POST.": "쿼리는 GET으로, 뮤테이션은 POST로 요청해야 합니다.",
  "The page is not built yet. Run `npm run build`, then load this address again.":
    "페이지가 아직 빌드되지 않았습니다. `npm run build`를 실행한 뒤 이 주소를 다시 여십시오.",
  "This address does not take that method.": "이 주소에서는 해당 메서드를 사용할 수 없습니다.",
  "Pages of this origin may not call here. Add it to CORS_ORIGINS.":
    "이 출처의 페이지는 호출할 수 없습니다. CORS_ORIGINS에 출처를 추가하십시오.",
  "must be given once": "한 번만 지정해야 합니다",
  "is in the path already": "이미 경로에 있습니다",
  "is not a known parameter of the query": "알 수 없는 쿼리 파라미터입니다",
  "The input does not fit. `details` names the fields.":
    "입력이 올바르지 않습니다. 해당 필드는 `details`에 있습니다.",
  "The input cannot be read: `meta` must be an object.": "입력을 읽을 수 없습니다. `meta`는 객체여야 합니다.",
  "The input cannot be read: only dates inside the input may be annotated.":
    "입력을 읽을 수 없습니다. 주석은 입력 안의 날짜에만 붙일 수 있습니다.",
  "The input cannot be read: too many dates: send times as ISO 8601 text.":
    "입력을 읽을 수 없습니다. 날짜가 너무 많습니다. 시각을 ISO 8601 문자열로 보내십시오.",
  "The input cannot be read: an input holds JSON and dates only.":
    "입력을 읽을 수 없습니다. 입력에는 JSON과 날짜만 허용됩니다.",
  "The cursor is not one of this list. Begin without one.":
    "이 목록의 커서가 아닙니다. 커서 없이 처음부터 조회하십시오.",
  "must be the next_cursor of a page": "이전 페이지의 next_cursor여야 합니다",
  "A permission cannot end before it begins.": "권한은 시작되기 전에 만료될 수 없습니다.",
  "must be in the future": "미래의 시각이어야 합니다",

  // Conflicts
  "An analysis with this id exists already. Choose another id, or leave it out.":
    "이 ID의 분석이 이미 있습니다. 다른 ID를 지정하거나 ID를 생략하십시오.",
  "An analysis keeps at least one admin whose permission does not expire. Grant it to another user first.":
    "분석에는 만료되지 않는 admin 권한을 가진 사용자가 한 명 이상 있어야 합니다. 먼저 다른 사용자에게 그 권한을 부여하십시오.",
  "The data is of version {present} by now, not {replaced}. Look at it, then replace that.":
    "데이터의 현재 버전은 {present}입니다(요청한 버전: {replaced}). 현재 데이터를 확인한 뒤 그 버전을 교체하십시오.",
  "The data is being replaced again and again. Ask again when it is at rest.":
    "데이터가 계속 교체되고 있습니다. 교체가 끝난 뒤 다시 요청하십시오.",
  "The data was replaced while it was compared. Ask for the comparison again.":
    "비교분석 중에 데이터가 교체되었습니다. 비교분석을 다시 요청하십시오.",
  "the data was replaced while it was compared": "비교분석 중에 데이터가 교체되었습니다",
  "the raw data is of another revision": "원시 데이터가 다른 리비전으로 바뀌었습니다",
  "the analysis was deleted meanwhile": "그사이에 분석이 삭제되었습니다",
  "the comparison went as soon as it came": "비교분석 결과가 저장되자마자 삭제되었습니다",

  // Comparisons
  "The comparison failed.": "비교분석에 실패했습니다.",
  "The comparison was tried several times and never came to an end. Tell an operator.":
    "비교분석을 여러 번 시도했으나 끝나지 않았습니다. 운영자에게 알려 주십시오.",
  "The raw data cannot be compared. Check its rows and PEGs.":
    "원시 데이터를 비교할 수 없습니다. 행과 PEG를 확인하십시오.",
  "The analysis service cannot be reached at the moment. Try again later; comparisons that exist already are still served.":
    "현재 분석 서비스에 연결할 수 없습니다. 나중에 다시 시도하십시오. 이미 있는 비교분석 결과는 계속 제공됩니다.",
  "The analysis service did not answer in time. Try again later; fewer rows are compared faster.":
    "분석 서비스가 제한 시간 안에 응답하지 않았습니다. 나중에 다시 시도하십시오. 행이 적을수록 빨리 비교됩니다.",
  "The analysis service answered, but not with a valid result; nothing was stored. Try again later, and tell an operator if it stays so.":
    "분석 서비스가 응답했지만 결과가 올바르지 않아 아무것도 저장하지 않았습니다. 나중에 다시 시도하고, 계속되면 운영자에게 알려 주십시오.",

  // The service itself
  "The database cannot be reached. Try again soon.":
    "데이터베이스에 연결할 수 없습니다. 잠시 후 다시 시도하십시오.",
  "Stored data cannot be opened with the keys at hand. Ask the operator to check ENCRYPTION_KEYS.":
    "저장된 데이터를 현재 키로 복호화할 수 없습니다. 운영자에게 ENCRYPTION_KEYS 확인을 요청하십시오.",
  "The key at hand may seal no more. Ask the operator to change keys in two rounds, as README tells under How keys change.":
    "현재 키로는 더 이상 암호화할 수 없습니다. README의 '키를 바꾸는 방법'에 따라 두 번에 나누어 키를 바꾸도록 운영자에게 요청하십시오.",
  "The server is stopping. Connect again.": "서버를 종료하는 중입니다. 다시 연결하십시오.",
  "Something went wrong on our side. Report the request_id to the operator.":
    "서버 내부에서 오류가 발생했습니다. 운영자에게 request_id를 알려 주십시오.",

  // What is wrong with a field, in the words of its schema
  "must be 1 to 255 of the characters A-Z a-z 0-9 . _ : -, and not . or .. alone":
    "A-Z a-z 0-9 . _ : - 문자로 1~255자여야 하며 . 또는 ..일 수 없습니다",
  "must not be . or .. alone": ". 또는 ..일 수 없습니다",
  "must not contain control characters": "제어 문자를 포함할 수 없습니다",
  "must be a finite number or null": "유한한 숫자 또는 null이어야 합니다",
  "must define at most {max} PEGs": "PEG를 최대 {max}개까지 정의할 수 있습니다",
  "each period must start before it ends": "각 기간의 시작은 끝보다 앞서야 합니다",
  "must hold at least one row": "행이 하나 이상 있어야 합니다",
  "must hold at most {max} rows": "행은 최대 {max}개까지 허용됩니다",
  "must hold at most {max} values": "값은 최대 {max}개까지 허용됩니다",
  "must be a Date or an ISO 8601 time": "Date 또는 ISO 8601 시각이어야 합니다",
  "must be a time zone of the IANA database": "IANA 데이터베이스의 시간대 이름이어야 합니다",
  "must be an ISO 8601 time, like 2024-01-15T10:35:00Z":
    "2024-01-15T10:35:00Z와 같은 ISO 8601 시각이어야 합니다",

  "is not a PEG of this analysis": "이 분석의 PEG가 아닙니다",

  // The same where the schema has no words of its own
  "is missing": "필수 항목이 없습니다",
  "is not a known field": "알 수 없는 필드입니다",
  "must be a string": "문자열이어야 합니다",
  "must be a number": "숫자여야 합니다",
  "must be an integer": "정수여야 합니다",
  "must be true or false": "true 또는 false여야 합니다",
  "must be a list": "목록이어야 합니다",
  "must be an object": "객체여야 합니다",
  "must be a date": "날짜여야 합니다",
  "must be null": "null이어야 합니다",
  "is of another type than it must be": "자료형이 올바르지 않습니다",
  "must not be empty": "비어 있을 수 없습니다",
  "must have at least {min} characters": "{min}자 이상이어야 합니다",
  "must have at most {max} characters": "{max}자 이하여야 합니다",
  "must hold at least {min} entries": "항목이 {min}개 이상 있어야 합니다",
  "must hold at most {max} entries": "항목은 최대 {max}개까지 허용됩니다",
  "must be at least {min}": "{min} 이상이어야 합니다",
  "must be at most {max}": "{max} 이하여야 합니다",
  "must be more than {min}": "{min}보다 커야 합니다",
  "must be less than {max}": "{max}보다 작아야 합니다",
  "must be a multiple of {divisor}": "{divisor}의 배수여야 합니다",
  "must be a UUID": "UUID여야 합니다",
  "is not in the form that it must have": "형식이 올바르지 않습니다",
  "must be {value}": "{value}이어야 합니다",
  "must be one of {values}": "다음 중 하나여야 합니다: {values}",
  "fits none of the forms that it may have": "허용되는 형식 중 어느 것에도 맞지 않습니다",
  "has a name that it must not have": "허용되지 않는 이름입니다",
  "holds an entry that does not fit": "올바르지 않은 항목이 있습니다",
  "does not fit": "올바르지 않습니다",
} as const satisfies Record<string, string>;

export type EnglishText = keyof typeof KOREAN;
