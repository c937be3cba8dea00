// Passkeys. A form marked data-passkey is sent with an authenticator's answer: the service is asked for a challenge, the browser for the answer.
// Without this file, or in a browser that has no passkeys, the form says so and its button stays hidden; the page's other way is there.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const listed = (all) => all?.map((one) => ({ ...one, id: bytes(one.id) }));

  const shape = (credential, response) => JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, extensions: credential.getClientExtensionResults(), response,
  });

  async function made(options) {
    const user = { ...options.user, id: bytes(options.user.id) };
    const asked = { ...options, user, challenge: bytes(options.challenge), excludeCredentials: listed(options.excludeCredentials) };
    const credential = await navigator.credentials.create({ publicKey: asked });
    const { attestationObject, clientDataJSON } = credential.response;
    return shape(credential, { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON), transports: credential.response.getTransports?.() });
  }

  async function used(options) {
    const asked = { ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) };
    const credential = await navigator.credentials.get({ publicKey: asked });
    const { authenticatorData, clientDataJSON, signature, userHandle } = credential.response;
    return shape(credential, { authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature), userHandle: userHandle && text(userHandle) });
  }

  async function challenge(form) {
    const asked = new URLSearchParams({ csrf: form.elements.csrf.value, action: 'send' });
    const answer = await fetch(form.dataset.challenge, { method: 'POST', body: asked, headers: { accept: 'application/json' } });
    if (!answer.ok || !answer.headers.get('content-type')?.startsWith('application/json')) throw new Error(`challenge: ${answer.status}`);
    return (await answer.json()).publicKey;
  }

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    if (!window.PublicKeyCredential || !navigator.credentials) continue;
    const [button, without, failed] = ['button[name=action]', '[data-without]', '[data-failed]'].map((what) => form.querySelector(what));
    const answer = form.elements.passkey;
    let busy = false;
    button.hidden = false;
    without.hidden = true;
    // A page that the browser kept holds no answer of before.
    addEventListener('pageshow', () => { answer.value = ''; busy = false; });
    form.addEventListener('submit', async (event) => {
      // What is not filled in yet, the service says beside each field.
      const empty = [...form.querySelectorAll('[aria-required=true]')].some((field) => !field.value);
      if (answer.value || empty) return;
      event.preventDefault();
      if (busy) return;
      busy = true;
      failed.hidden = true;
      try {
        const options = await challenge(form);
        answer.value = form.dataset.passkey === 'use' ? await used(options) : await made(options);
        form.requestSubmit(button);
      } catch (error) {
        const why = { NotAllowedError: 'cancelled', InvalidStateError: 'known', SecurityError: 'address' }[error.name] ?? 'other';
        failed.textContent = failed.dataset[why];
        failed.hidden = false;
      } finally {
        busy = false;
      }
    });
  }
})();
