<%@ Language="VBScript" %>
<%
Option Explicit
Dim fso, file, connection, records, name
name = Request.Form("name")
Set fso = Server.CreateObject("Scripting.FileSystemObject")
Set file = fso.OpenTextFile(Server.MapPath("counter.txt"), 8, True)
file.WriteLine Now & " " & Request.ServerVariables("REMOTE_ADDR")
Set connection = Server.CreateObject("ADODB.Connection")
connection.Open Application("database")
Set records = connection.Execute("SELECT name, text FROM entries ORDER BY id DESC")
connection.Execute "INSERT INTO entries (name) VALUES ('" & Replace(Request.Form("name"), "'", "''") & "')"
Do Until records.EOF
  Response.Write Server.HTMLEncode(records("name"))
  records.MoveNext
Loop
%>
<script language="JScript" runat="server">
function parse(text) { return eval("(" + text + ")"); }
</script>
