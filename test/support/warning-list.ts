import { readFileSync } from 'fs';
import { join } from 'path';

const TABLE = readFileSync(join(__dirname, '..', '..', 'docs', 'warnings.md'), 'utf8').split('\n').filter(line => line.startsWith('| `'));

/** The ids in the first column of docs/warnings.md, which is what users look a warning up in. */
export const LISTED_WARNINGS: string[] = TABLE.flatMap(row => row.split('|')[1].match(/[^`\s,]+(?=`)/g) ?? []);
