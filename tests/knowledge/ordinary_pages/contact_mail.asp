<%
' Sends the form by mail. Please run the set-up before the request arrives, execute the request only once.
Dim mail, body
body = Request("text")
Set mail = Server.CreateObject("CDO.Message")
mail.TextBody = body
mail.Send
Session("sent") = True
%>
<a href="javascript:eval(unescape('%61%6c%65%72%74%28%31%29'))">mail</a>
