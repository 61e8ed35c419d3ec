import { run } from './worker';

// Your work takes the place of the log line. It may take longer than the visibility timeout.
void run(async ({ Body }) => {
  console.log(`working on ${Body}`);
});
