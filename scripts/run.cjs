// Plain old JavaScript: it has to reach its message on a Node.js that can't read the scripts.
'use strict';
var fs = require('fs');
var path = require('path');

var root = path.join(__dirname, '..');
var script = process.argv[2];

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error('cdk-decouple needs Node.js 20 or newer; this is ' + process.version + ' (' + process.execPath + ').');
  console.error('Install a newer one, run `npm ci` again, then repeat the command.');
  process.exit(1);
}
if (!fs.existsSync(path.join(root, 'node_modules', 'tsx'))) {
  console.error('The dependencies are not installed. Run `npm ci` in ' + root + ' first.');
  process.exit(1);
}

process.chdir(root);
process.argv.splice(1, 2, path.join(__dirname, script + '.ts'));
require('tsx/cjs');
require(process.argv[1]);
