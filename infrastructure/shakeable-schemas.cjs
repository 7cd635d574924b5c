const { readFile } = require('node:fs/promises');

/**
 * An esbuild plugin that lets unused schemas of AWS clients be shaken out.
 *
 * A client keeps the shapes of all its operations in one file, as plain arrays. Many contain objects with computed keys
 * (`[_xN]: ...`), which a bundler must keep because computing a key could do something. The names behind the brackets are
 * constants of the same file, so writing their values in changes nothing, and what no imported command uses falls away:
 * of the EC2 client's 550 kB about a tenth stays.
 */
const shakeableSchemas = {
  name: 'shakeable-schemas',
  setup(build) {
    build.onLoad({ filter: /[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
      if (!rewritten.has(path)) rewritten.set(path, readFile(path, 'utf8').then(withLiteralKeys));
      return { contents: await rewritten.get(path), loader: 'js' };
    });
  },
};

/** Every function is a build of its own, and most have clients in common. */
const rewritten = new Map();

/** Replaces `[_name]:` by the string that `const _name = "..."` holds; other computed keys stay as they are. */
function withLiteralKeys(source) {
  const constants = new Map();
  for (const [, name, value] of source.matchAll(/^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm)) constants.set(name, value);
  return source.replace(/\[(_\w+)\]:/g, (whole, name) => (constants.has(name) ? `${constants.get(name)}:` : whole));
}

module.exports = [shakeableSchemas];
