/**
 * A value of a template, of whatever shape CloudFormation takes there: a literal or an intrinsic function.
 *
 * The only `any` for templates: a test reads such a value property by property, and fails where one is missing.
 */
export type Json = any;

/** A resource as the template has it. */
export interface WrittenResource {
  Type: string;
  Properties: Record<string, Json>;
  DependsOn?: string | readonly string[];
  Condition?: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  UpdatePolicy?: Json;
  Metadata?: Json;
}

/** A statement as the template has it. */
export interface WrittenStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: Json;
  /** Absent in the policies of roles. */
  readonly Principal: Json;
  readonly Condition: Json;
}

/** A template as the assembly has it. It belongs to the test that reads it, which may change it. */
export interface WrittenTemplate {
  Resources: Record<string, WrittenResource>;
  Parameters: Record<string, Json>;
  Outputs: Record<string, Json>;
  Conditions?: Record<string, Json>;
  Mappings?: Record<string, Json>;
  Rules?: Record<string, Json>;
}

/** A resource of which only a part is there. */
export type PartOfResource = Pick<WrittenResource, 'Type'> & Partial<WrittenResource>;

/** A template of which only a part is there, as a test writes it by hand. */
export type PartOfTemplate = Partial<Omit<WrittenTemplate, 'Resources'>> & { Resources: Record<string, PartOfResource> };
