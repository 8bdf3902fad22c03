import { createHash } from 'node:crypto';
import { script } from './script';
import { style } from './style';

/** What the page shows. */
export interface PageContent {
  readonly time: string;
  /** Name of the pod that answers. */
  readonly pod: string;
  /** The newest documents, each as JSON text; undefined without a database. */
  readonly documents: readonly string[] | undefined;
}

/** Lets the browser run and load what is in the page itself and nothing else, whatever a document holds. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src '${hash(style)}'`,
  `script-src '${hash(script)}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page for people, whole in one file. */
export function renderPage({ time, pod, documents }: PageContent): string {
  const list =
    documents === undefined
      ? '<p class="away">The database does not answer. Try again in a second.</p>'
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
<p>It is <time datetime="${escapeHtml(time)}">${escapeHtml(time)}</time> here. Pod <code id="pod">${escapeHtml(pod)}</code> answers.</p>
<form id="form">
<label for="body">A JSON object, or an array of them</label>
<textarea id="body" rows="4" spellcheck="false">{ "name": "test", "value": 123 }</textarea>
<button>Add</button> <output id="result" role="status"></output>
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
