// The link of a mail holds its secret behind the #, which no browser sends to a server: it is
// taken out of the address, and sent once. Without this script a person copies it.

for (const form of document.querySelectorAll("form[data-fragment]")) {
  const secret = window.location.hash.slice(1);
  if (!secret) continue;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  form.elements[form.dataset.fragment].value = secret;
  form.requestSubmit();
}
