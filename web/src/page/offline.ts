/** The service worker, by which the page works without a network. */

/**
 * Keeps the page and files that it has loaded.
 *
 * @param files addresses of files that the worker of the page has loaded.
 * @param onUpdate called when a new version has taken the place of this one.
 */
export async function keepOffline(files: readonly string[], onUpdate: () => void): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  let { controller } = serviceWorker;
  serviceWorker.addEventListener('controllerchange', () => {
    if (controller) onUpdate(); // the first one is that of this version
    controller = serviceWorker.controller;
  });
  await serviceWorker.register('./sw.js');
  const { active } = await serviceWorker.ready;
  active?.postMessage(files);
}
