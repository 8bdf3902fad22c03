/** Dates are ISO 8601; those that JavaScript has no form for are milliseconds since 1970. */
export function isoDate(milliseconds: bigint): string {
  const date = new Date(Number(milliseconds));
  return Number.isNaN(date.getTime()) ? wholeNumber(milliseconds) : `"${date.toISOString()}"`;
}

/** Numbers that a JSON reader would round are strings. */
export function wholeNumber(value: bigint): string {
  return BigInt(Number.MAX_SAFE_INTEGER) >= value && value >= -BigInt(Number.MAX_SAFE_INTEGER)
    ? String(value)
    : `"${value}"`;
}
