import { Size, Stack, TagManager, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { Problem, checkWhenWritten, unless } from '../../private/problems';
import { writtenProperties } from '../../private/written';
import type { Ec2Workers } from '../ec2-workers';
import { WorkerImage } from '../worker-image';
import { groupScheduleProblems } from './schedules';
import { USER_DATA } from './worker-bounds';

/** The keys of tags that the instance metadata service takes. With any other key the instance does not launch. */
const METADATA_TAG_KEY = /^(?!\.{1,2}$|_index$)[A-Za-z0-9+\-=.,_:@]+$/;

/** Checks tags, user data, the update policy and schedules at synthesis, because they can be changed until then. */
export function checkTemplate(workers: Ec2Workers, image: WorkerImage): void {
  checkWhenWritten(workers, 'Ec2Workers', () => [
    ...workers.inFlight.actions.length > 0 ? tagProblems(workers) : [],
    ...scriptProblems(workers, image),
    ...updatePolicyProblems(workers.autoScalingGroup),
    ...groupScheduleProblems(workers.scaling, workers.autoScalingGroup),
  ]);
}

/** The tags of the group, and those of the stacks around it, which CloudFormation propagates to the instances. */
function tagProblems({ autoScalingGroup, launchTemplate }: Ec2Workers): Problem[] {
  const tagged = [launchTemplate, autoScalingGroup.node.defaultChild, ...stacksOf(autoScalingGroup)];
  const keys = new Set(tagged.flatMap(construct => Object.keys(TagManager.of(construct)!.tagValues())));
  return [...keys].flatMap(key => unless(Token.isUnresolved(key) || METADATA_TAG_KEY.test(key), () => ({
    prop: 'tags',
    got: `a tag with the key '${key}'`,
    allowed: 'keys of letters, digits and + - = . , _ : @',
    fix: 'A worker reads the name of its group from the tags in the instance metadata, and an instance with another key there does not launch. '
      + 'Change the tag, exclude the workers and their stack from it, or use InFlightProtection.none(reason), which reads no tags.',
  })));
}

function stacksOf(scope: Construct): Stack[] {
  const stacks: Stack[] = [];
  for (let stack: Stack | undefined = Stack.of(scope); stack; stack = stack.nestedStackParent) stacks.push(stack);
  return stacks;
}

function scriptProblems({ launchTemplate }: Ec2Workers, image: WorkerImage): Problem[] {
  const script = scriptOf(launchTemplate);
  return [
    ...unless(image._mayHoldWorker || !isEmpty(script), () => ({
      prop: 'userData',
      got: 'an empty script, with an image that contains no worker',
      allowed: 'a script that starts the worker',
      fix: 'The instances would run, and be billed, without receiving a message. Specify a command, or ec2.UserData with the commands that install and start the worker, or add them '
        + 'with userData.addCommands(). Use WorkerImage.custom() for an image of your own that starts it. Where something else starts it, such as '
        + 'an SSM State Manager association, specify a script of one line, such as true.',
    })),
    ...USER_DATA.size.check('userData', Size.bytes(knownBytes(script))),
  ];
}

/** The script as the template will have it, with what property injectors, aspects and overrides made of it; resolved, and not encoded. */
function scriptOf(launchTemplate: ec2.LaunchTemplate): unknown {
  const { LaunchTemplateData } = writtenProperties(launchTemplate.node.defaultChild as ec2.CfnLaunchTemplate);
  const userData = (LaunchTemplateData as { UserData?: unknown } | undefined)?.UserData;
  return (userData as { 'Fn::Base64'?: unknown } | undefined)?.['Fn::Base64'] ?? userData;
}

/** The first line of a shell script, in which a line that begins with `#` does nothing. */
const SHELL = /^#!\s*\S*\/(env\s+)?(ba|da|k|z)?sh(\s|$)/;

/** Whether no line, element or part of a script does anything. What is only known at deployment may do something. */
function isEmpty(script: unknown): boolean {
  if (script === undefined) return true;
  if (typeof script !== 'string') return false;
  // A multipart archive of the CDK: with one line that begins with the boundary, the end, it has no part.
  if (script.startsWith('Content-Type: multipart/')) return script.match(/^--/gm)?.length === 1;
  const rest = SHELL.test(script) ? script.replace(/^\s*#.*/gm, '') : script.replace(/^\s*#!.*/, '');
  return rest.replace(/<\/?(powershell|script)>|<persist>\w*<\/persist>/gi, '').trim() === '';
}

/** The size of a string, without its tokens. */
function knownBytes(text: unknown): number {
  if (typeof text === 'string') return Buffer.byteLength(text);
  const parts: unknown[] = (text as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join']?.[1] ?? [];
  return parts.reduce<number>((sum, part) => typeof part === 'string' ? sum + Buffer.byteLength(part) : sum, 0);
}

function updatePolicyProblems(group: autoscaling.AutoScalingGroup): Problem[] {
  const { cfnOptions, maxSize } = group.node.defaultChild as autoscaling.CfnAutoScalingGroup;
  const kept = cfnOptions.updatePolicy?.autoScalingRollingUpdate?.minInstancesInService;
  if (kept === undefined || Token.isUnresolved(kept) || Token.isUnresolved(maxSize)) return [];
  return unless(kept >= 0 && kept < Number(maxSize), () => ({
    prop: 'updatePolicy.minInstancesInService',
    got: `${kept}`,
    allowed: `0 to ${Number(maxSize) - 1} (inclusive), less than scaling.max`,
    fix: 'A rolling update has to be able to take an instance out of service.',
  }));
}
