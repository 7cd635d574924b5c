import { main } from './contract/main.ts';

process.exitCode = await main(process.argv.slice(2));
