/** The page's script: posts the form as JSON, and shows the page anew or why not. */
export const script = `
const form = document.getElementById('form');
const body = document.getElementById('body');
const result = document.getElementById('result');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  result.textContent = 'Adding …';
  try {
    const response = await fetch('/data', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: body.value });
    if (response.status === 201) location.reload();
    else if (response.status === 207) result.textContent = (await response.json()).errors.map((error) => error.detail).join(' ');
    else result.textContent = (await response.json()).detail;
  } catch (error) {
    result.textContent = 'The service can not be reached: ' + error.message + '. Try again.';
  }
});
`;
