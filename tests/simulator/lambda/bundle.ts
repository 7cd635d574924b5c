import { buildSync } from 'esbuild';
import { zipOf } from '../../support/zip.ts';

/** Packages a handler as the deployment does: one ES module, minified, with everything in it. */
export function packageOf(source: string): Buffer {
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: {
      js: "import{createRequire as topLevelRequire}from'node:module';const require=topLevelRequire(import.meta.url);",
    },
    write: false,
  });
  return zipOf({ 'handlers/handler.mjs': outputFiles[0]?.text ?? '' });
}
