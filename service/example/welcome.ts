import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { type Endpoint, endpoint } from '../platform/endpoint';
import { json, reference } from '../platform/openapi';
import { documents } from './document';
import { toJson } from './jsonWriter/jsonWriter';
import type { ExampleDependencies } from './routes';

/** Number of documents on the page, and bytes shown of each. Of those above `readBytes`, only the id is read. */
const [newest, shownBytes, readBytes] = [10, 2000, 65_536];

/** `GET /`: a welcome and the server's time, as JSON or, for browsers, as a page with the newest documents. */
export function welcome(dependencies: ExampleDependencies): Endpoint {
  return endpoint('welcome', 'Welcome message and server time, or a page for browsers.', {
    responses: { 200: json('Welcome.', reference('Welcome'), { 'text/html': { schema: { type: 'string' } } }) },
    handler: async (context) => {
      const time = new Date().toISOString();
      context.vary('Accept');
      if (context.accepts('json', 'html') === 'html') {
        context.set(pageHeaders);
        context.body = renderPage(time, await newestDocuments(dependencies).catch(() => undefined));
        return;
      }
      context.set('Content-Type', 'application/json');
      context.body = `{"message":"Welcome","time":"${time}"}`;
    },
  });
}

/** Documents inserted last: a collection without a clustered index has this order, so that no index is needed. */
async function newestDocuments({ database }: ExampleDependencies): Promise<string[]> {
  const bytes = { $bsonSize: '$$ROOT' };
  const part = { $cond: [{ $lte: [bytes, readBytes] }, '$$ROOT', { _id: '$_id' }] };
  const found = await database.run((db) =>
    documents(db)
      .find({}, { ...db.bounds, fieldsAsRaw: { part: true } })
      .project<{ readonly bytes: number; readonly part: readonly [Buffer] }>({ _id: 0, bytes, part: [part] })
      .sort({ $natural: -1 })
      .limit(newest)
      .toArray(),
  );
  return found.map(({ bytes, part: [bson] }) => {
    const text = toJson(bson).toString();
    return Math.max(bytes, text.length) > shownBytes ? `${text.slice(0, shownBytes)} …` : text;
  });
}

/** Posts the form as JSON, and reloads the page or shows the error. */
const script = `
const [form, body, result] = ['form', 'body', 'result'].map((id) => document.getElementById(id));
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    const response = await fetch('/data', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: body.value });
    const { detail, errors = [] } = await response.json();
    if (response.status === 201) location.reload();
    else result.textContent = detail ?? errors.map((error) => error.detail).join(' ');
  } catch (error) {
    result.textContent = 'The service can not be reached: ' + error.message + '. Try again.';
  }
});
`;

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
textarea { display: block; box-sizing: border-box; width: 100%; margin: .5rem 0; }
textarea, code { font: .9rem/1.4 ui-monospace, monospace; }
ol { list-style: none; padding: 0; }
li { padding: .4rem 0; border-bottom: 1px solid #8883; overflow-wrap: anywhere; }
output { color: #c0392b; }
`;

/** The page runs and loads only its own content, whatever a document contains. */
const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    `default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'; connect-src 'self'; img-src data:; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** The page. `documents` are JSON texts; undefined without a database. */
function renderPage(time: string, documents: readonly string[] | undefined): string {
  const list =
    documents === undefined
      ? '<p>The database does not answer. Try again in a second.</p>'
      : `<ol id="documents">${documents.map((text) => `<li><code>${escapeHtml(text)}</code></li>`).join('')}</ol>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Welcome</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Welcome</h1>
<p>It is <time datetime="${time}">${time}</time> here. Pod <code id="pod">${escapeHtml(hostname())}</code> answers.</p>
<form id="form">
<label for="body">A JSON object, or an array of them</label>
<textarea id="body" rows="4" spellcheck="false">{ "name": "test", "value": 123 }</textarea>
<button>Add</button> <output id="result"></output>
</form>
<h2>Newest documents</h2>
${list}
<p><a href="/data">All data</a> · <a href="/health">Health</a> · <a href="/openapi.json">OpenAPI</a></p>
</main>
<script>${script}</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
