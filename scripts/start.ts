import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiled code is kept next to the packages that it belongs to, for the simulator and, in its threads, for the functions.
enableCompileCache(join(import.meta.dirname, '../.cache/compiled'));

// Whatever is imported before the cache is there is compiled without it.
const { main } = await import('./start/main.ts');
process.exitCode = await main(process.argv.slice(2));
