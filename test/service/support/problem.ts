import assert from 'node:assert/strict';

/** Asserts that `response` is a problem of `status` and `kind`. Resolves to its detail. */
export async function assertProblem(response: Response, status: number, kind: string): Promise<string> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get('Content-Type'), 'application/problem+json');
  const problem = JSON.parse(text) as { type: string; status: number; title: string; detail: string };
  assert.equal(problem.type, `urn:problem-type:${kind}`);
  assert.equal(problem.status, status);
  assert.ok(problem.title.length > 0);
  return problem.detail;
}
