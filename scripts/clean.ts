import { join, resolve } from 'path';
import { deleteBuild } from './support/build';

// The first step of `npx projen compile`.
deleteBuild(resolve(process.argv[2] ?? join(__dirname, '..')));
