import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// The same cache as that of `npm start`.
enableCompileCache(join(import.meta.dirname, '../.cache/compiled'));

// Whatever is imported before the cache is there is compiled without it.
const { main } = await import('./simulator/main.ts');
process.exitCode = await main(process.argv.slice(2));
