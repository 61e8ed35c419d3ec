import { CfnResource, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { patternsOf } from './function-filters';
import { pathOf } from '../../private/describe';
import { Problem, unless } from '../../private/problems';
import { isSameResource, resourceOf } from '../../private/same-resource';
import { referredTo, resourcesAtSynthesis, usesOf } from '../../private/uses';
import { writtenProperty } from '../../private/written';
import { Ec2Workers } from '../ec2-workers';
import { FargateWorkers } from '../fargate-workers';

/** What is wrong with a mapping beside everything else of this app that receives from its queue; only while templates are validated. */
export function pollerProblems(queue: sqs.IQueue, mapping: lambda.EventSourceMapping): Problem[] {
  const own = mapping.node.defaultChild as lambda.CfnEventSourceMapping;
  const others = mappingsOn(queue, own);
  return [...duplicateProblems(own, others), ...isPolling(own) ? sharedProblems(queue, own, others.filter(isPolling)) : []];
}

/** The other mappings of a queue. */
function mappingsOn(queue: sqs.IQueue, own: lambda.CfnEventSourceMapping): CfnResource[] {
  const resource = resourceOf(queue);
  const all = sqs.CfnQueue.isCfnQueue(resource)
    ? usesOf(own, resource, 'pollers')
    : resourcesAtSynthesis(own).filter(other => isMapping(other) && isSameText(own, own.eventSourceArn, other, other.eventSourceArn));
  return all.filter(other => other !== own && isMapping(other));
}

function isMapping(resource: CfnResource): resource is lambda.CfnEventSourceMapping {
  return resource.cfnResourceType === lambda.CfnEventSourceMapping.CFN_RESOURCE_TYPE_NAME;
}

/** Whether two properties have the same value in the templates. */
function isSameText(one: CfnResource, value: unknown, other: CfnResource, otherValue: unknown): boolean {
  const [written, otherWritten] = [Stack.of(one).resolve(value), Stack.of(other).resolve(otherValue)].map(text => JSON.stringify(text));
  return written === otherWritten && (Stack.of(one) === Stack.of(other) || typeof Stack.of(one).resolve(value) === 'string');
}

function isPolling(mapping: CfnResource): boolean {
  return writtenProperty(mapping, 'Enabled', (mapping as lambda.CfnEventSourceMapping).enabled) !== false;
}

/** A problem for a function that has another mapping of the queue: Lambda has one for each queue and function, version or alias. */
function duplicateProblems(own: lambda.CfnEventSourceMapping, others: CfnResource[]): Problem[] {
  const same = others.filter(other => isSameFunction(own, other as lambda.CfnEventSourceMapping));
  return unless(same.length === 0, () => ({
    prop: 'function',
    got: `a function that ${same.map(pathOf).join(', ')} invokes with the messages of the same queue`,
    allowed: 'one event source mapping for each function and queue',
    fix: 'Lambda would refuse the second one at deployment. Remove one, such as the SqsEventSource of the function.',
  }));
}

function isSameFunction(one: lambda.CfnEventSourceMapping, other: lambda.CfnEventSourceMapping): boolean {
  const [referred, otherReferred] = [one, other].map(mapping => [...referredTo(mapping, mapping.functionName)].filter(isFunctionPart));
  if (referred.length === 0) return isSameText(one, one.functionName, other, other.functionName);
  return referred.length === otherReferred.length && referred.every(part => otherReferred.includes(part));
}

/** Whether a resource decides which function is invoked. */
function isFunctionPart(resource: IConstruct): boolean {
  return lambda.CfnFunction.isCfnFunction(resource) || lambda.CfnVersion.isCfnVersion(resource) || lambda.CfnAlias.isCfnAlias(resource);
}

/** A problem for a queue from which several receive of which one has a filter: it deletes what the others wait for. */
function sharedProblems(queue: sqs.IQueue, own: lambda.CfnEventSourceMapping, others: CfnResource[]): Problem[] {
  const filters = filtersOf(own);
  const different = others.filter(other => filtersOf(other) !== filters);
  const unfiltered = filters === NONE ? [] : [...pipesOn(queue, own), ...workersOn(queue)];
  const shared = [...different, ...unfiltered];
  return unless(shared.length === 0, () => ({
    prop: 'source.filters',
    got: `${filters === NONE ? 'no filters' : 'filters'}, on the queue '${queue.node.path}' that ${shared.map(pathOf).join(', ')} ${filters === NONE ? 'receives from with filters' : 'receives from too'}`,
    allowed: 'the same filters for all that receive from a queue',
    fix: 'Lambda deletes the messages that match no filter, also those that another consumer waits for. Use a queue for each, such as of a FanOut with a filterPolicy.',
  }));
}

const NONE = '[]';

function filtersOf(mapping: CfnResource): string {
  return JSON.stringify(patternsOf(mapping));
}

function pipesOn(queue: sqs.IQueue, own: CfnResource): CfnResource[] {
  return usesOf(own, resourceOf(queue), 'pollers').filter(resource => !isMapping(resource));
}

/** The EC2 and Fargate workers on a queue. */
function workersOn(queue: sqs.IQueue): IConstruct[] {
  return queue.node.root.node.findAll().filter(construct =>
    (construct instanceof Ec2Workers || construct instanceof FargateWorkers) && isSameResource(construct.queue, queue));
}
