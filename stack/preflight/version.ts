/** Major, minor and patch of the first version number in `text`; zeros where it has none. */
export function parseVersion(text: string): readonly [number, number, number] {
  const [, major, minor, patch] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return [Number(major ?? 0), Number(minor ?? 0), Number(patch ?? 0)];
}

/** Whether version `found` is `least` or later. */
export function isAtLeast(found: string, least: string): boolean {
  const [a, b] = [parseVersion(found), parseVersion(least)];
  const first = a.findIndex((part, index) => part !== b[index]);
  return first === -1 || (a[first] ?? 0) > (b[first] ?? 0);
}
