import { Component, TextFile, awscdk } from 'projen';

/**
 * The code around every block of a README and every `@example`: a stack as `this`, and nothing else.
 *
 * An example imports and declares what it uses, so that it can be copied. Its imports are moved above the class, where a name imported here
 * could not be imported again.
 */
export class RosettaFixture extends Component {
  constructor(project: awscdk.AwsCdkConstructLibrary) {
    super(project);
    const file = new TextFile(project, 'rosetta/default.ts-fixture', { marker: true });
    file.addLine(`// ${file.marker}`);
    file.addLine("import { Stack as FixtureStack } from 'aws-cdk-lib';");
    file.addLine('');
    file.addLine('class Fixture extends FixtureStack {');
    file.addLine('  public example() {');
    file.addLine('    /// here');
    file.addLine('  }');
    file.addLine('}');
  }
}
