// How jest reads TypeScript: by ts-jest, and each version of a file once. Jest itself keeps what each of its projects has compiled apart from the
// others, although it is the same; and ts-jest loads the compiler for every process, also for files that are kept.
'use strict';
const { createHash } = require('crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('fs');
const { join } = require('path');

const hash = (...texts) => createHash('sha256').update(JSON.stringify(texts)).digest('hex');

/** What the result depends on, beside the file. */
const VERSIONS = ['ts-jest', 'typescript'].map(name => require(`${name}/package.json`).version);
const OPTIONS = ['tsconfig.json', 'tsconfig.dev.json', 'test/support/compile-once.cjs'].map(file => readFileSync(join(__dirname, '..', '..', file), 'utf8'));

function keyOf(source, path, { transformerConfig }) {
  return hash(VERSIONS, OPTIONS, transformerConfig, path, source);
}

function kept(file) {
  try {
    return { code: readFileSync(file, 'utf8') };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

module.exports = {
  createTransformer(config) {
    let compiler;
    return {
      getCacheKey: (source, path, options) => hash(keyOf(source, path, options), options.instrument),
      process(source, path, options) {
        const folder = join(options.config.cacheDirectory, 'typescript');
        const file = join(folder, keyOf(source, path, options));
        const known = kept(file);
        if (known) return known;
        compiler ??= require('ts-jest').default.createTransformer(config);
        const compiled = compiler.process(source, path, options);
        mkdirSync(folder, { recursive: true });
        // Another process may write or read the same file.
        const unfinished = `${file}.${process.pid}`;
        writeFileSync(unfinished, compiled.code);
        renameSync(unfinished, file);
        return compiled;
      },
    };
  },
};
