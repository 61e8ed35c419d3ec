// One measurement in a process of its own; the parent reads the result from the message channel.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');

/** User and system time of this process so far, all threads, in milliseconds. */
function cpuTime() {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1000;
}

const jobs = {
  import({ requests }) {
    const before = cpuTime();
    requests.forEach(name => require(name));
    return { cpu: cpuTime() - before };
  },

  /** Builds an app and synthesizes it; the time includes the imports, except those of `importBefore`. */
  synth({ pattern, variant, limited, importBefore = [], ...options }) {
    const { app, patterns } = require('./variants.cjs');
    importBefore.forEach(name => require(name));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-decouple-bench-'));
    try {
      const before = cpuTime();
      const root = app(folder, limited);
      patterns[pattern][variant](root, options);
      const stacks = root.synth().stacks;
      const cpu = cpuTime() - before;
      const dependencies = artifact => artifact.dependencies.filter(({ manifest }) => manifest.type === 'aws:cloudformation:stack').map(({ id }) => id);
      return {
        cpu,
        megabytes: process.resourceUsage().maxRSS / 1024,
        stacks: stacks.map(artifact => ({ id: artifact.id, template: artifact.template, dependencies: dependencies(artifact) })),
      };
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};

process.once('message', job => {
  let answer;
  try {
    answer = jobs[job.kind](job);
  } catch (error) {
    answer = { error: error.message };
  }
  process.send(answer, () => process.disconnect());
});
