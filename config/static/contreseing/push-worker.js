// Shows an alert that the push service brought, and opens the page it leads to. It keeps no page and answers no
// request: it has no « fetch ».

self.addEventListener("push", (event) => {
  const { title = "Contreseing", body = "", url = "/" } = event.data?.json() ?? {};
  event.waitUntil(self.registration.showNotification(title, { body, tag: "contreseing", data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/", self.location.origin);
  if (url.origin === self.location.origin) event.waitUntil(self.clients.openWindow(url.href));
});
