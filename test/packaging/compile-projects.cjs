// Compiles projects as `tsc -p` does, one after another in one process, and prints what it complains about in each, as JSON. They share the syntax
// trees of the declarations of aws-cdk-lib, which take three quarters of the time.
'use strict';
const { createRequire } = require('module');
const { join, sep } = require('path');
const ts = createRequire(join(process.cwd(), 'package.json'))('typescript');

const SHARED = `${sep}node_modules${sep}aws-cdk-lib${sep}`.replaceAll('\\', '/');
const format = { getCanonicalFileName: name => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => '\n' };
const trees = new Map();

function complaints(project) {
  const failed = diagnostic => { throw new Error(ts.formatDiagnostic(diagnostic, format)); };
  const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(project, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: failed });
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, ...args) => {
    if (!file.includes(SHARED)) return getSourceFile(file, ...args);
    if (!trees.has(file)) trees.set(file, getSourceFile(file, ...args));
    return trees.get(file);
  };
  const program = ts.createProgram({ rootNames: fileNames, options, configFileParsingDiagnostics: errors, host });
  return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), format);
}

console.log(JSON.stringify(process.argv.slice(2).map(complaints)));
