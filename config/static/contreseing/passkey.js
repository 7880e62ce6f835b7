// Passkeys: asks the browser for one when a form needs it, and says in words why it was not given.
// The form names what it needs in data-passkey: "create", "get" (both with the options that the page
// holds in #passkey-options), or "login" (options fetched when asked, so that they are fresh).

const { webauthnJSON } = window;

async function optionsOf(form) {
  if (form.dataset.passkey !== "login") return JSON.parse(document.getElementById("passkey-options").textContent);
  const answer = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return answer.json();
}

async function credentialFor(form) {
  const options = await optionsOf(form);
  if (form.dataset.passkey !== "create") return webauthnJSON.get(options.request_options);
  const creation = options.creation_options;
  // kept by the device and unlocked by its owner: it can then log in without a password
  Object.assign(creation.publicKey.authenticatorSelection, {
    residentKey: "required", requireResidentKey: true, userVerification: "required",
  });
  return webauthnJSON.create(creation);
}

function troubleOf(error) {
  if (!window.PublicKeyCredential) return window.isSecureContext ? "unsupported" : "insecure";
  return { NotAllowedError: "cancelled", SecurityError: "insecure", InvalidStateError: "known" }[error.name] ?? "failed";
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.asking) return;
    form.dataset.asking = "yes";
    trouble.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await credentialFor(form));
      form.submit();
    } catch (error) {
      trouble.textContent = trouble.dataset[troubleOf(error)];
      trouble.hidden = false;
      trouble.focus();
    } finally {
      delete form.dataset.asking;
    }
  });
}
