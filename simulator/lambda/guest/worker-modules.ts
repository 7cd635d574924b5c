import { registerHooks } from 'node:module';

/** Serves the files of a deployment package to this thread's module loader, as if they lay in /var/task. */
export function serveTaskFiles(
  files: ReadonlyMap<string, string>,
  formats: ReadonlyMap<string, 'module' | 'commonjs'>,
): void {
  const root = 'file:///var/task/';
  const fileOf = (url: string) => (url.startsWith(root) ? decodeURIComponent(url.slice(root.length)) : undefined);

  registerHooks({
    resolve(specifier, context, next) {
      const url = taskUrl(specifier, context.parentURL);
      if (url === undefined) return next(specifier, context);
      const name = fileOf(url) ?? '';
      const found = [name, `${name}.js`, `${name}.json`].find((candidate) => files.has(candidate));
      if (found === undefined) return next(specifier, context);
      return { url: root + found, shortCircuit: true };
    },
    load(url, context, next) {
      const name = fileOf(url);
      const source = name === undefined ? undefined : files.get(name);
      if (name === undefined || source === undefined) return next(url, context);
      return {
        format: name.endsWith('.json') ? 'json' : (formats.get(name) ?? 'commonjs'),
        source,
        shortCircuit: true,
      };
    },
  });

  function taskUrl(specifier: string, parentUrl: string | undefined): string | undefined {
    if (specifier.startsWith(root)) return specifier;
    if (specifier.startsWith('/var/task/')) return `file://${specifier}`;
    const isRelative = specifier.startsWith('.') && parentUrl?.startsWith(root) === true;
    return isRelative ? new URL(specifier, parentUrl).href : undefined;
  }
}
