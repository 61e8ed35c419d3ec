import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';

/**
 * Leaves the `// indirect` lines out of a generated `go.mod`.
 *
 * jsii-pacmak writes the versions there that npm installed, of which the Go module proxy may not have every one. The modules of
 * `aws-cdk-go` name the versions that it has.
 */
export function withoutIndirectLines(module: string): void {
  const file = join(module, 'go.mod');
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.filter(line => !line.trimEnd().endsWith('// indirect')).join('\n'));
}
