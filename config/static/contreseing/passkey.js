// Passkeys: asks the browser for one when a form needs it, and says in words why it was not given.
// The form names what it needs in data-passkey, "create" or "get". The options are in the page, in
// #passkey-options, or fetched from data-options-url when the key is asked for, so that they are fresh.

async function optionsOf(form) {
  const { optionsUrl, optionsMethod: method = "GET" } = form.dataset;
  if (!optionsUrl) return JSON.parse(document.getElementById("passkey-options").textContent);
  const body = method === "POST" ? new FormData(form) : undefined;
  const answer = await fetch(optionsUrl, { method, body, headers: { Accept: "application/json" } });
  // the form's own answer says what is wrong: a document that changed, a session that ended
  if (answer.status === 409 || answer.redirected) return location.reload();
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return answer.json();
}

async function credentialFor(form) {
  const options = await optionsOf(form);
  if (!options) return null;
  if (form.dataset.passkey !== "create") return window.webauthnJSON.get(options.request_options);
  const creation = options.creation_options;
  // kept by the device and unlocked by its owner: it can then log in without a password
  Object.assign(creation.publicKey.authenticatorSelection, {
    residentKey: "required", requireResidentKey: true, userVerification: "required",
  });
  return window.webauthnJSON.create(creation);
}

function troubleOf(error) {
  if (!window.PublicKeyCredential) return window.isSecureContext ? "unsupported" : "insecure";
  return { NotAllowedError: "cancelled", SecurityError: "insecure", InvalidStateError: "known" }[error.name] ?? "failed";
}

// Of the document, not of each form: it listens before there is any, and to those that come later.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-passkey]")) return;
  event.preventDefault();
  if (form.dataset.asking) return;
  form.dataset.asking = "yes";
  const trouble = form.querySelector("[data-passkey-trouble]");
  trouble.hidden = true;
  try {
    const credential = await credentialFor(form);
    if (!credential) return;
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    trouble.textContent = trouble.dataset[troubleOf(error)];
    trouble.hidden = false;
    trouble.focus();
  } finally {
    delete form.dataset.asking;
  }
});
