// One measurement in a process of its own; the parent reads the result from the message channel.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');

/** User and system time of this process so far, all threads, in milliseconds. */
function cpu() {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1000;
}

function measure(action) {
  const before = cpu();
  const result = action();
  return { cpu: cpu() - before, result };
}

/** The modules of aws-cdk-lib and constructs that the files of a package ask for while it is loaded. */
function trace(request) {
  const Module = require('module');
  const original = Module._load;
  const found = new Set();
  Module._load = function (name, parent, ...rest) {
    if (/[\\/]cdk-decouple[\\/]lib[\\/]/.test(parent?.filename ?? '') && /^(aws-cdk-lib|constructs)/.test(name)) found.add(name);
    return original.call(this, name, parent, ...rest);
  };
  load(require(request));
  return [...found];
}

/** Reads every name, and those of the submodules: a lazy one is loaded then. */
function load(exported) {
  for (const value of Object.values(exported)) if (Object.prototype.toString.call(value) === '[object Object]') Object.values(value);
}

/** What an import statement loads; a lazy class of aws-cdk-lib is loaded by whoever uses it, in every variant. */
function preload(pattern, variant) {
  const { l2, modules } = require('./variants.cjs');
  l2.forEach(name => require(name));
  (modules[pattern][variant] ?? []).forEach(name => load(require(name)));
}

function synth({ pattern, variant, count, shared, limited, importToo }) {
  const { app, patterns } = require('./variants.cjs');
  const { Stack } = require('aws-cdk-lib');
  if (!importToo) preload(pattern, variant);
  return inFolder(outdir => measure(() => {
    const root = app(outdir, limited);
    patterns[pattern][variant](new Stack(root, 'Stack'), count, shared);
    return root.synth().stacks[0].template;
  }));
}

function stacks({ variant, count, perStack }) {
  const { app, manyStacks } = require('./variants.cjs');
  preload('fanOut', variant);
  return inFolder(outdir => {
    const { cpu: spent, result } = measure(() => {
      const root = app(outdir, true);
      manyStacks[variant](root, count, perStack);
      return root.synth().stacks;
    });
    return {
      cpu: spent,
      rss: process.resourceUsage().maxRSS / 1024,
      result: {
        stacks: result.length,
        subscriptions: result.flatMap(({ template }) => Object.values(template.Resources)).filter(({ Type }) => Type === 'AWS::SNS::Subscription').length,
        cycle: result[0].dependencies.filter(({ manifest }) => manifest.type === 'aws:cloudformation:stack').length,
        dependents: result.slice(1).filter(({ dependencies }) => dependencies.some(({ id }) => id === result[0].id)).length,
      },
    };
  });
}

function inFolder(action) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-decouple-bench-'));
  try {
    return action(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What `import … from` does in an ES module: Node.js reads every name of a CommonJS module, and so loads what is lazy.
 *
 * Of our root the names are five namespaces, whose own names Node.js leaves alone. `load` reads them too, as many as the others have read.
 */
async function importEs({ requests, load: all }) {
  const before = cpu();
  for (const name of requests) {
    const exported = await import(name);
    if (all) load(exported.default);
  }
  return { cpu: cpu() - before };
}

const jobs = {
  importEs,
  import: ({ requests, load: all }) => ({ cpu: measure(() => requests.forEach(name => all ? load(require(name)) : require(name))).cpu }),
  trace: ({ request }) => ({ result: trace(request) }),
  synth,
  stacks,
};

process.once('message', async job => {
  let answer;
  try {
    answer = await jobs[job.kind](job);
  } catch (error) {
    answer = { error: error.message };
  }
  process.send(answer, () => process.disconnect());
});
